"""Truth: RIGHT. Self-attention of a decoder with several heads in einsum: the weights (model, heads, hidden) per head, the later places
masked, the gradients in a dict, the context of the pass in another.
"""
import numpy as np


class Attention:
    def __init__(self, d_model, n_heads, d_hidden, rng=None):
        rng = rng or np.random.default_rng(0)
        self.q, self.k, self.v = rng.normal(size=(3, d_model, n_heads, d_hidden)) * 0.5
        self.o = rng.normal(size=(n_heads, d_hidden, d_model)) * 0.5
        self.ctx, self.grads = {}, {}

    def forward(self, inputs):
        q = np.einsum("bsd,dhm->bshm", inputs, self.q)
        k = np.einsum("bsd,dhm->bshm", inputs, self.k)
        v = np.einsum("bsd,dhm->bshm", inputs, self.v)
        scores = np.einsum("bshm,bthm->bhst", q, k) / np.sqrt(q.shape[-1])
        later = np.triu(np.ones(scores.shape[-2:], dtype=bool), 1)
        scores = np.where(later, -1e30, scores)
        e = np.exp(scores - scores.max(axis=-1, keepdims=True))
        attn = e / e.sum(axis=-1, keepdims=True)
        mixed = np.einsum("bhst,bthm->bshm", attn, v)
        self.ctx = {"inputs": inputs, "q": q, "k": k, "v": v, "attn": attn, "mixed": mixed}
        return np.einsum("bshm,hmd->bsd", mixed, self.o)

    def backward(self, d_out):
        c = self.ctx
        self.grads["o"] = np.einsum("bshm,bsd->hmd", c["mixed"], d_out)
        d_mixed = np.einsum("bsd,hmd->bshm", d_out, self.o)
        d_attn = np.einsum("bshm,bthm->bhst", d_mixed, c["v"])
        d_v = np.einsum("bhst,bshm->bthm", c["attn"], d_mixed)
        d_scores = c["attn"] * (d_attn - np.einsum("bhst,bhst->bhs", d_attn, c["attn"])[..., None])
        d_scores /= np.sqrt(c["q"].shape[-1])
        d_q = np.einsum("bhst,bthm->bshm", d_scores, c["k"])
        d_k = np.einsum("bhst,bshm->bthm", d_scores, c["q"])
        d_inputs = 0
        for name, d in (("q", d_q), ("k", d_k), ("v", d_v)):
            self.grads[name] = np.einsum("bsd,bshm->dhm", c["inputs"], d)
            d_inputs = d_inputs + np.einsum("bshm,dhm->bsd", d, getattr(self, name))
        return d_inputs
