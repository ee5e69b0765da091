"""Truth: on the way back the dropped attention weights are multiplied by p where the way forward divides by 1 - p. Heads
with dropout on the probabilities; with p = 0 the gradients agree to the last digit, with any other rate they do not.
"""
import numpy as np


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


class MultiHeadAttention:
    """handnn: layer, input_shape=(4, 6)"""

    def __init__(self, d_model=6, heads=2, p=0.25, seed=7):
        rng = np.random.default_rng(seed)
        self.heads, self.p, self.seed = heads, p, seed
        self.d_head = d_model // heads
        scale = 1 / np.sqrt(d_model)
        self.w_qkv = rng.normal(0, scale, (d_model, 3 * d_model))
        self.w_out = rng.normal(0, scale, (d_model, d_model))
        self.b_out = np.zeros(d_model)

    def split(self, t):
        b, n, _ = t.shape
        return t.reshape(b, n, self.heads, self.d_head).transpose(0, 2, 1, 3)

    def merge(self, t):
        b, h, n, d = t.shape
        return t.transpose(0, 2, 1, 3).reshape(b, n, h * d)

    def forward(self, x):
        self.x = x
        q, k, v = np.split(x @ self.w_qkv, 3, axis=-1)
        self.q, self.k, self.v = self.split(q), self.split(k), self.split(v)
        scores = self.q @ self.k.swapaxes(-1, -2) / np.sqrt(self.d_head)
        self.probs = softmax(scores)
        self.mask = np.random.default_rng(self.seed).random(self.probs.shape) >= self.p
        self.dropped = self.probs * self.mask / (1 - self.p)
        self.context = self.merge(self.dropped @ self.v)
        return self.context @ self.w_out + self.b_out

    def backward(self, dout):
        self.db_out = dout.sum(axis=(0, 1))
        self.dw_out = np.einsum("bni,bnj->ij", self.context, dout)
        dcontext = self.split(dout @ self.w_out.T)
        ddropped = dcontext @ self.v.swapaxes(-1, -2)
        dv = self.dropped.swapaxes(-1, -2) @ dcontext
        dprobs = ddropped * self.mask * self.p
        dscores = self.probs * (dprobs - (dprobs * self.probs).sum(axis=-1, keepdims=True))
        dscores = dscores / np.sqrt(self.d_head)
        dq = dscores @ self.k
        dk = dscores.swapaxes(-1, -2) @ self.q
        dqkv = np.concatenate([self.merge(dq), self.merge(dk), self.merge(dv)], axis=-1)
        self.dw_qkv = np.einsum("bni,bnj->ij", self.x, dqkv)
        return dqkv @ self.w_qkv.T
