"""Truth: the factor under the root on the way back. Attention of several heads, queries keys and values in one matrix, a mask of the future."""
import numpy as np


class CausalSelfAttention:
    def __init__(self, d_model, n_heads, seed=0):
        rng = np.random.default_rng(seed)
        self.h, self.d = n_heads, d_model // n_heads
        self.Wqkv = rng.normal(0, d_model ** -0.5, (d_model, 3 * d_model))
        self.Wo = rng.normal(0, d_model ** -0.5, (d_model, d_model))

    def split(self, x):
        B, T, _ = x.shape
        return x.reshape(B, T, self.h, self.d).transpose(0, 2, 1, 3)

    def merge(self, x):
        B, _, T, _ = x.shape
        return x.transpose(0, 2, 1, 3).reshape(B, T, self.h * self.d)

    def forward(self, x):
        T = x.shape[1]
        self.x = x
        q, k, v = np.split(x @ self.Wqkv, 3, axis=-1)
        self.q, self.k, self.v = self.split(q), self.split(k), self.split(v)
        scores = self.q @ self.k.transpose(0, 1, 3, 2) / np.sqrt(self.d)
        scores = np.where(np.tril(np.ones((T, T))) == 1, scores, -1e9)
        scores -= scores.max(axis=-1, keepdims=True)
        self.att = np.exp(scores)
        self.att /= self.att.sum(axis=-1, keepdims=True)
        self.y = self.merge(self.att @ self.v)
        return self.y @ self.Wo

    def backward(self, dout):
        self.dWo = np.einsum("bti,btj->ij", self.y, dout)
        dy = self.split(dout @ self.Wo.T)
        datt = dy @ self.v.transpose(0, 1, 3, 2)
        dv = self.att.transpose(0, 1, 3, 2) @ dy
        dscores = self.att * (datt - np.sum(datt * self.att, axis=-1, keepdims=True))
        dq = dscores @ self.k
        dk = dscores.transpose(0, 1, 3, 2) @ self.q / np.sqrt(self.d)
        dqkv = np.concatenate([self.merge(dq), self.merge(dk), self.merge(dv)], axis=-1)
        self.dWqkv = np.einsum("bti,btj->ij", self.x, dqkv)
        return dqkv @ self.Wqkv.T


if __name__ == "__main__":
    rng = np.random.default_rng(4)
    x = rng.normal(size=(8, 6, 8))
    goal = np.cumsum(x, axis=1) / np.arange(1, 7)[:, None]
    layer = CausalSelfAttention(8, 2)
    for step in range(201):
        out = layer.forward(x)
        layer.backward((out - goal) / len(x))
        layer.Wqkv -= 0.02 * layer.dWqkv
        layer.Wo -= 0.02 * layer.dWo
        if step % 50 == 0:
            print("step", step, "loss", 0.5 * np.sum((out - goal) ** 2) / len(x))
