"""Truth: one mistake, of the kind where an array from before a step and one from after it are taken for each other. Self-attention with
several heads and dropout on the weights of the attention.
"""
import numpy as np


def softmax(x):
    x = np.exp(x - x.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)


class SelfAttention:
    # shapes: B samples, T tokens, C width, H heads, D = C // H

    def __init__(self, width, heads, dropout=0.1, seed=11):
        assert width % heads == 0
        self.rng = np.random.default_rng(seed)
        self.heads, self.width, self.dropout = heads, width, dropout
        self.w_qkv = self.rng.normal(0, 0.3, (width, 3 * width))
        self.w_out = self.rng.normal(0, 0.3, (width, width))
        self.training = True

    def split(self, t):
        B, T, C = t.shape
        return t.reshape(B, T, self.heads, C // self.heads).transpose(0, 2, 1, 3)

    def merge(self, t):
        B, H, T, D = t.shape
        return t.transpose(0, 2, 1, 3).reshape(B, T, H * D)

    def forward(self, x, keep=None):
        q, k, v = (self.split(part) for part in np.split(x @ self.w_qkv, 3, axis=-1))
        att = softmax(q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]))
        if keep is None and self.training:
            keep = self.rng.random(att.shape) >= self.dropout
        scale = np.ones_like(att) if keep is None else keep / (1 - self.dropout)
        dropped = att * scale
        y = self.merge(dropped @ v)
        self.saved = x, q, k, v, att, scale, dropped, y
        return y @ self.w_out

    def backward(self, dout):
        x, q, k, v, att, scale, dropped, y = self.saved
        C = self.width
        self.d_w_out = y.reshape(-1, C).T @ dout.reshape(-1, C)
        dy = self.split(dout @ self.w_out.T)
        dv = dropped.swapaxes(-1, -2) @ dy
        datt = (dy @ v.swapaxes(-1, -2)) * scale
        ds = dropped * (datt - np.sum(datt * att, axis=-1, keepdims=True))
        ds = ds / np.sqrt(q.shape[-1])
        dq = ds @ k
        dk = ds.swapaxes(-1, -2) @ q
        dqkv = np.concatenate([self.merge(t) for t in (dq, dk, dv)], axis=-1)
        self.d_w_qkv = x.reshape(-1, C).T @ dqkv.reshape(-1, 3 * C)
        return dqkv @ self.w_qkv.T


if __name__ == "__main__":
    layer = SelfAttention(8, 2, dropout=0.25)
    x = np.random.default_rng(0).normal(size=(3, 5, 8))
    for it in range(30):
        out = layer.forward(x)
        dx = layer.backward((out - x) / x.size)
        layer.w_qkv -= 2.0 * layer.d_w_qkv
        layer.w_out -= 2.0 * layer.d_w_out
    layer.training = False
    print(np.mean((layer.forward(x) - x) ** 2))
