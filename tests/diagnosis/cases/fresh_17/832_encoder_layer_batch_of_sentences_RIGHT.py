"""Truth: RIGHT. An encoder layer for (batch, time, features): heads by reshaping, a mask for padding, layer norm after each shortcut,
two dense maps with a rectifier; every class keeps its gradients in a dict.
"""
import numpy as np


class LayerNorm:
    def __init__(self, d, eps=1e-6):
        self.p = {"gamma": np.ones(d), "beta": np.zeros(d)}
        self.g = {}
        self.eps = eps

    def forward(self, x):
        mu = x.mean(-1, keepdims=True)
        self.istd = 1 / np.sqrt(((x - mu) ** 2).mean(-1, keepdims=True) + self.eps)
        self.xhat = (x - mu) * self.istd
        return self.p["gamma"] * self.xhat + self.p["beta"]

    def backward(self, dy):
        self.g["gamma"] = (dy * self.xhat).sum(axis=(0, 1))
        self.g["beta"] = dy.sum(axis=(0, 1))
        dxhat = dy * self.p["gamma"]
        return self.istd * (dxhat - dxhat.mean(-1, keepdims=True)
                            - self.xhat * (dxhat * self.xhat).mean(-1, keepdims=True))


class SelfAttention:
    def __init__(self, d, heads, rng):
        self.h, self.dk = heads, d // heads
        self.p = {name: rng.normal(0, d ** -0.5, (d, d)) for name in ("Wq", "Wk", "Wv", "Wo")}
        self.g = {}

    def split(self, a):
        b, t, _ = a.shape
        return a.reshape(b, t, self.h, self.dk).transpose(0, 2, 1, 3)

    def merge(self, a):
        b, _, t, _ = a.shape
        return a.transpose(0, 2, 1, 3).reshape(b, t, self.h * self.dk)

    def forward(self, x, mask=None):
        self.x = x
        self.q = self.split(x @ self.p["Wq"])
        self.k = self.split(x @ self.p["Wk"])
        self.v = self.split(x @ self.p["Wv"])
        s = self.q @ self.k.swapaxes(-1, -2) / np.sqrt(self.dk)
        if mask is not None:
            s = s + (1 - mask[:, None, None, :]) * -1e9
        e = np.exp(s - s.max(-1, keepdims=True))
        self.a = e / e.sum(-1, keepdims=True)
        self.ctx = self.merge(self.a @ self.v)
        return self.ctx @ self.p["Wo"]

    def backward(self, dy):
        d = self.x.shape[-1]
        flat = self.x.reshape(-1, d)
        self.g["Wo"] = self.ctx.reshape(-1, d).T @ dy.reshape(-1, d)
        dctx = self.split(dy @ self.p["Wo"].T)
        dv = self.a.swapaxes(-1, -2) @ dctx
        da = dctx @ self.v.swapaxes(-1, -2)
        ds = self.a * (da - (da * self.a).sum(-1, keepdims=True)) / np.sqrt(self.dk)
        dq = self.merge(ds @ self.k)
        dk = self.merge(ds.swapaxes(-1, -2) @ self.q)
        dv = self.merge(dv)
        self.g["Wq"] = flat.T @ dq.reshape(-1, d)
        self.g["Wk"] = flat.T @ dk.reshape(-1, d)
        self.g["Wv"] = flat.T @ dv.reshape(-1, d)
        return dq @ self.p["Wq"].T + dk @ self.p["Wk"].T + dv @ self.p["Wv"].T


class FeedForward:
    def __init__(self, d, hidden, rng):
        self.p = {"W1": rng.normal(0, d ** -0.5, (d, hidden)), "b1": np.zeros(hidden),
                  "W2": rng.normal(0, hidden ** -0.5, (hidden, d)), "b2": np.zeros(d)}
        self.g = {}

    def forward(self, x):
        self.x = x
        self.pre = x @ self.p["W1"] + self.p["b1"]
        self.act = np.maximum(self.pre, 0)
        return self.act @ self.p["W2"] + self.p["b2"]

    def backward(self, dy):
        self.g["W2"] = np.einsum("bth,btd->hd", self.act, dy)
        self.g["b2"] = dy.sum(axis=(0, 1))
        dpre = dy @ self.p["W2"].T * (self.pre > 0)
        self.g["W1"] = np.einsum("btd,bth->dh", self.x, dpre)
        self.g["b1"] = dpre.sum(axis=(0, 1))
        return dpre @ self.p["W1"].T


class EncoderLayer:
    def __init__(self, d, heads, hidden, seed=0):
        rng = np.random.default_rng(seed)
        self.attention = SelfAttention(d, heads, rng)
        self.norm1 = LayerNorm(d)
        self.ffn = FeedForward(d, hidden, rng)
        self.norm2 = LayerNorm(d)

    def forward(self, x, mask=None):
        x = self.norm1.forward(x + self.attention.forward(x, mask))
        return self.norm2.forward(x + self.ffn.forward(x))

    def backward(self, dy):
        d = self.norm2.backward(dy)
        d = self.norm1.backward(d + self.ffn.backward(d))
        return d + self.attention.backward(d)

    def step(self, lr):
        for part in (self.attention, self.norm1, self.ffn, self.norm2):
            for name in part.p:
                part.p[name] -= lr * part.g[name]


if __name__ == "__main__":
    rng = np.random.default_rng(2)
    x = rng.normal(size=(6, 5, 8))
    mask = np.ones((6, 5))
    mask[::2, 3:] = 0
    wanted = np.roll(x, 1, axis=1)
    layer = EncoderLayer(8, 2, 16)
    for it in range(201):
        out = layer.forward(x, mask)
        loss = np.mean((out - wanted) ** 2)
        layer.backward(2 * (out - wanted) / out.size)
        layer.step(0.2)
        if it % 50 == 0:
            print(it, loss)
