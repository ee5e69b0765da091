"""Truth: the values' gradient in each head; and a gradient copied from the line above it. Attention with several heads, a causal mask,
one sentence (T, d_model) at a time, a loop over the heads.
"""
import numpy as np


def softmax(x):
    x = x - x.max(axis=-1, keepdims=True)
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)


class MultiHeadAttention:
    def __init__(self, d_model, n_heads, causal=True, seed=0):
        assert d_model % n_heads == 0
        rng = np.random.default_rng(seed)
        self.d_model = d_model
        self.n_heads = n_heads
        self.d_k = d_model // n_heads
        self.causal = causal
        s = 1 / np.sqrt(d_model)
        self.W_q = rng.normal(0, s, (d_model, d_model))
        self.W_k = rng.normal(0, s, (d_model, d_model))
        self.W_v = rng.normal(0, s, (d_model, d_model))
        self.W_o = rng.normal(0, s, (d_model, d_model))
        self.grads = {}

    def _head(self, a, h):
        return a[:, h * self.d_k:(h + 1) * self.d_k]

    def forward(self, x):
        T = x.shape[0]
        self.x = x
        self.Q = x @ self.W_q
        self.K = x @ self.W_k
        self.V = x @ self.W_v
        self.attn = []
        outs = []
        for h in range(self.n_heads):
            q, k, v = self._head(self.Q, h), self._head(self.K, h), self._head(self.V, h)
            scores = q @ k.T / np.sqrt(self.d_k)
            if self.causal:
                scores = np.where(np.tril(np.ones((T, T))) == 0, -1e9, scores)
            w = softmax(scores)
            self.attn.append(w)
            outs.append(w @ v)
        self.concat = np.concatenate(outs, axis=1)
        return self.concat @ self.W_o

    def backward(self, dout):
        self.grads["W_o"] = self.concat.T @ dout
        d_concat = dout @ self.W_o.T
        dQ = np.zeros_like(self.Q)
        dK = np.zeros_like(self.K)
        dV = np.zeros_like(self.V)
        for h in range(self.n_heads):
            cols = slice(h * self.d_k, (h + 1) * self.d_k)
            w = self.attn[h]
            d_head = d_concat[:, cols]
            dV[:, cols] = w @ d_head
            d_w = d_head @ self.V[:, cols].T
            d_scores = w * (d_w - np.sum(d_w * w, axis=-1, keepdims=True))
            d_scores /= np.sqrt(self.d_k)
            dQ[:, cols] = d_scores @ self.K[:, cols]
            dK[:, cols] = d_scores.T @ self.Q[:, cols]
        self.grads["W_q"] = self.x.T @ dQ
        self.grads["W_k"] = self.x.T @ dQ
        self.grads["W_v"] = self.x.T @ dV
        dx = dQ @ self.W_q.T + dK @ self.W_k.T + dV @ self.W_v.T
        return dx

    def update(self, lr):
        for name, g in self.grads.items():
            setattr(self, name, getattr(self, name) - lr * g)


if __name__ == "__main__":
    rng = np.random.default_rng(3)
    sentence = rng.normal(size=(7, 12))
    wanted = np.cumsum(sentence, axis=0) / np.arange(1, 8)[:, None]
    mha = MultiHeadAttention(d_model=12, n_heads=3)
    for step in range(300):
        out = mha.forward(sentence)
        diff = out - wanted
        loss = 0.5 * np.sum(diff ** 2)
        mha.backward(diff)
        mha.update(0.02)
        if step % 100 == 0:
            print(f"step {step}: loss {loss:.4f}")
