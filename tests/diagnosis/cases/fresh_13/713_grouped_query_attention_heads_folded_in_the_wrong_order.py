"""Truth: np.repeat puts the copies of one key head next to each other, so its gradient is the sum over axis 2 after a reshape to
(B, n_kv, n_rep, T, d); here n_rep and n_kv stand the other way round, both for the keys and the values, in one helper.
"""
import numpy as np


def repeat_kv(x, n_rep):
    """(B, n_kv, T, d) -> (B, n_kv * n_rep, T, d)"""
    return np.repeat(x, n_rep, axis=1)


def repeat_kv_backward(dy, n_rep):
    B, heads, T, d = dy.shape
    return dy.reshape(B, n_rep, heads // n_rep, T, d).sum(axis=1)


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(dy, y):
    return y * (dy - (dy * y).sum(axis=-1, keepdims=True))


class GroupedQueryAttention:
    def __init__(self, dim, n_heads, n_kv_heads, seed=0):
        assert n_heads % n_kv_heads == 0
        rng = np.random.default_rng(seed)
        self.h, self.kv, self.d = n_heads, n_kv_heads, dim // n_heads
        self.n_rep = n_heads // n_kv_heads
        self.wq = rng.normal(0, dim ** -.5, (dim, n_heads * self.d))
        self.wk = rng.normal(0, dim ** -.5, (dim, n_kv_heads * self.d))
        self.wv = rng.normal(0, dim ** -.5, (dim, n_kv_heads * self.d))
        self.wo = rng.normal(0, dim ** -.5, (n_heads * self.d, dim))

    def split(self, x, heads):
        B, T, _ = x.shape
        return x.reshape(B, T, heads, self.d).transpose(0, 2, 1, 3)

    def merge(self, x):
        B, heads, T, d = x.shape
        return x.transpose(0, 2, 1, 3).reshape(B, T, heads * d)

    def forward(self, x):
        T = x.shape[1]
        q = self.split(x @ self.wq, self.h)
        k = repeat_kv(self.split(x @ self.wk, self.kv), self.n_rep)
        v = repeat_kv(self.split(x @ self.wv, self.kv), self.n_rep)
        scores = q @ k.swapaxes(-1, -2) / np.sqrt(self.d)
        scores = np.where(np.tril(np.ones((T, T), dtype=bool)), scores, -np.inf)
        p = softmax(scores)
        o = self.merge(p @ v)
        self.saved = x, q, k, v, p, o
        return o @ self.wo

    def backward(self, dout):
        x, q, k, v, p, o = self.saved
        flat = lambda a: a.reshape(-1, a.shape[-1])
        self.dwo = flat(o).T @ flat(dout)
        do = self.split(dout @ self.wo.T, self.h)
        dp = do @ v.swapaxes(-1, -2)
        dv = p.swapaxes(-1, -2) @ do
        ds = softmax_backward(dp, p) / np.sqrt(self.d)
        dq = self.merge(ds @ k)
        dk = self.merge(repeat_kv_backward(ds.swapaxes(-1, -2) @ q, self.n_rep))
        dv = self.merge(repeat_kv_backward(dv, self.n_rep))
        self.dwq, self.dwk, self.dwv = flat(x).T @ flat(dq), flat(x).T @ flat(dk), flat(x).T @ flat(dv)
        return dq @ self.wq.T + dk @ self.wk.T + dv @ self.wv.T


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    attn = GroupedQueryAttention(8, 4, 2)
    x, y = rng.normal(size=(2, 5, 8)), rng.normal(size=(2, 5, 8))
    for i in range(30):
        diff = attn.forward(x) - y
        attn.backward(diff / diff.size)
        for name in ("wq", "wk", "wv", "wo"):
            setattr(attn, name, getattr(attn, name) - 0.5 * getattr(attn, "d" + name))
    print("loss", 0.5 * np.mean(diff ** 2))
