"""Truth: the way back through the attention's half loses the part of the residual. A block of a small transformer with norms before its halves."""
import numpy as np


class LayerNorm:
    def __init__(self, d, eps=1e-5):
        self.g = np.ones(d)
        self.b = np.zeros(d)
        self.eps = eps

    def __call__(self, x):
        mu = x.mean(-1, keepdims=True)
        self.inv = 1 / np.sqrt(x.var(-1, keepdims=True) + self.eps)
        self.xhat = (x - mu) * self.inv
        return self.g * self.xhat + self.b

    def backward(self, dy):
        self.dg = (dy * self.xhat).sum(axis=(0, 1))
        self.db = dy.sum(axis=(0, 1))
        dxhat = dy * self.g
        m1 = dxhat.mean(-1, keepdims=True)
        m2 = (dxhat * self.xhat).mean(-1, keepdims=True)
        return self.inv * (dxhat - m1 - self.xhat * m2)


class CausalSelfAttention:
    def __init__(self, d, rng):
        self.wq, self.wk, self.wv, self.wo = (rng.normal(0, d ** -0.5, (d, d)) for _ in range(4))
        self.scale = d ** -0.5

    def __call__(self, x):
        T = x.shape[1]
        self.x = x
        self.q, self.k, self.v = x @ self.wq, x @ self.wk, x @ self.wv
        s = self.q @ self.k.transpose(0, 2, 1) * self.scale
        s = np.where(np.tril(np.ones((T, T), dtype=bool)), s, -1e9)
        s = np.exp(s - s.max(-1, keepdims=True))
        self.att = s / s.sum(-1, keepdims=True)
        self.ctx = self.att @ self.v
        return self.ctx @ self.wo

    def backward(self, dy):
        flat = lambda a: a.reshape(-1, a.shape[-1])
        self.dwo = flat(self.ctx).T @ flat(dy)
        dctx = dy @ self.wo.T
        datt = dctx @ self.v.transpose(0, 2, 1)
        dv = self.att.transpose(0, 2, 1) @ dctx
        ds = self.att * (datt - (datt * self.att).sum(-1, keepdims=True)) * self.scale
        dq = ds @ self.k
        dk = ds.transpose(0, 2, 1) @ self.q
        xf = flat(self.x).T
        self.dwq, self.dwk, self.dwv = xf @ flat(dq), xf @ flat(dk), xf @ flat(dv)
        return dq @ self.wq.T + dk @ self.wk.T + dv @ self.wv.T


class FeedForward:
    def __init__(self, d, hidden, rng):
        self.w1 = rng.normal(0, d ** -0.5, (d, hidden))
        self.b1 = np.zeros(hidden)
        self.w2 = rng.normal(0, hidden ** -0.5, (hidden, d))
        self.b2 = np.zeros(d)

    def __call__(self, x):
        self.x = x
        self.h = np.maximum(x @ self.w1 + self.b1, 0)
        return self.h @ self.w2 + self.b2

    def backward(self, dy):
        flat = lambda a: a.reshape(-1, a.shape[-1])
        self.dw2 = flat(self.h).T @ flat(dy)
        self.db2 = flat(dy).sum(0)
        dh = (dy @ self.w2.T) * (self.h > 0)
        self.dw1 = flat(self.x).T @ flat(dh)
        self.db1 = flat(dh).sum(0)
        return dh @ self.w1.T


class Block:
    """x + attention(norm(x)), then the same with the feed-forward half"""

    def __init__(self, d, rng):
        self.ln1, self.ln2 = LayerNorm(d), LayerNorm(d)
        self.attn = CausalSelfAttention(d, rng)
        self.ffn = FeedForward(d, 4 * d, rng)

    def __call__(self, x):
        x = x + self.attn(self.ln1(x))
        return x + self.ffn(self.ln2(x))

    def backward(self, dy):
        dmid = dy + self.ln2.backward(self.ffn.backward(dy))
        dx = self.ln1.backward(self.attn.backward(dmid))
        return dx


if __name__ == "__main__":
    rng = np.random.default_rng(5)
    block = Block(6, rng)
    x = rng.normal(size=(2, 4, 6))
    goal = np.roll(x, 1, axis=1)
    for it in range(10):
        y = block(x)
        block.backward((y - goal) / y.size)
        for mod in (block.attn, block.ffn, block.ln1, block.ln2):
            for name in [n for n in vars(mod) if 'd' + n in vars(mod)]:
                getattr(mod, name)[...] -= 0.2 * getattr(mod, 'd' + name)
        print(it, 0.5 * np.mean((y - goal) ** 2))
