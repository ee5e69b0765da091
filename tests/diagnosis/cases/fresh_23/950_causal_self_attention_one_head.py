"""Truth: the gradient of the keys lacks a transpose of the scores' gradient."""
import numpy as np


class CausalSelfAttention:
    """One head, (batch, tokens, dim) in and out. Written while reading the transformer paper."""

    def __init__(self, dim, rng):
        self.dim = dim
        self.Wq = rng.standard_normal((dim, dim)) / np.sqrt(dim)
        self.Wk = rng.standard_normal((dim, dim)) / np.sqrt(dim)
        self.Wv = rng.standard_normal((dim, dim)) / np.sqrt(dim)
        self.Wo = rng.standard_normal((dim, dim)) / np.sqrt(dim)

    def __call__(self, x):
        T = x.shape[1]
        self.x = x
        self.q, self.k, self.v = x @ self.Wq, x @ self.Wk, x @ self.Wv
        scores = self.q @ self.k.transpose(0, 2, 1) / np.sqrt(self.dim)
        future = np.triu(np.ones((T, T), dtype=bool), k=1)
        scores = np.where(future, -1e9, scores)
        scores = scores - scores.max(axis=-1, keepdims=True)
        e = np.exp(scores)
        self.att = e / e.sum(axis=-1, keepdims=True)
        self.ctx = self.att @ self.v
        return self.ctx @ self.Wo

    def backward(self, dy):
        self.dWo = np.einsum("btd,bte->de", self.ctx, dy)
        dctx = dy @ self.Wo.T
        datt = dctx @ self.v.transpose(0, 2, 1)
        dv = self.att.transpose(0, 2, 1) @ dctx
        dscores = self.att * (datt - np.sum(datt * self.att, axis=-1, keepdims=True))
        dscores /= np.sqrt(self.dim)
        dq = dscores @ self.k
        dk = dscores @ self.q
        self.dWq = np.einsum("btd,bte->de", self.x, dq)
        self.dWk = np.einsum("btd,bte->de", self.x, dk)
        self.dWv = np.einsum("btd,bte->de", self.x, dv)
        return dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv.T


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    attn = CausalSelfAttention(6, rng)
    x = rng.standard_normal((2, 5, 6))
    want = np.roll(x, 1, axis=1)
    for i in range(30):
        y = attn(x)
        loss = ((y - want) ** 2).mean()
        attn.backward(2 * (y - want) / y.size)
        for name in ("Wq", "Wk", "Wv", "Wo"):
            getattr(attn, name)[...] -= 0.5 * getattr(attn, "d" + name)
        if i % 10 == 0:
            print(i, loss)
