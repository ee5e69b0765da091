"""Truth: on the way back the heads are split by a bare reshape, without the exchange of time and heads."""
import numpy as np


class MultiHeadAttention:
    """handnn: layer, input_shape=(4, 6)"""

    def __init__(self, d_model=6, n_heads=2):
        self.d_model, self.h = d_model, n_heads
        self.dk = d_model // n_heads
        k = 1 / np.sqrt(d_model)
        self.W_q = np.random.uniform(-k, k, (d_model, d_model))
        self.W_k = np.random.uniform(-k, k, (d_model, d_model))
        self.W_v = np.random.uniform(-k, k, (d_model, d_model))
        self.W_o = np.random.uniform(-k, k, (d_model, d_model))
        self.grads = {}

    def split(self, x):
        B, T, _ = x.shape
        return x.reshape(B, T, self.h, self.dk).transpose(0, 2, 1, 3)

    def merge(self, x):
        B, h, T, dk = x.shape
        return x.transpose(0, 2, 1, 3).reshape(B, T, h * dk)

    def forward(self, x):
        self.x = x
        self.q, self.k, self.v = self.split(x @ self.W_q), self.split(x @ self.W_k), self.split(x @ self.W_v)
        s = self.q @ self.k.swapaxes(-1, -2) / np.sqrt(self.dk)
        e = np.exp(s - s.max(-1, keepdims=True))
        self.attn = e / e.sum(-1, keepdims=True)
        self.ctx = self.merge(self.attn @ self.v)
        return self.ctx @ self.W_o

    def backward(self, dout):
        B, T, D = dout.shape
        flat = lambda a: a.reshape(-1, D)
        self.grads["W_o"] = flat(self.ctx).T @ flat(dout)
        dctx = dout @ self.W_o.T
        dheads = dctx.reshape(B, self.h, T, self.dk)
        dattn = dheads @ self.v.swapaxes(-1, -2)
        dv = self.attn.swapaxes(-1, -2) @ dheads
        ds = self.attn * (dattn - (dattn * self.attn).sum(-1, keepdims=True)) / np.sqrt(self.dk)
        dq, dk = ds @ self.k, ds.swapaxes(-1, -2) @ self.q
        dq, dk, dv = self.merge(dq), self.merge(dk), self.merge(dv)
        self.grads["W_q"] = flat(self.x).T @ flat(dq)
        self.grads["W_k"] = flat(self.x).T @ flat(dk)
        self.grads["W_v"] = flat(self.x).T @ flat(dv)
        return dq @ self.W_q.T + dk @ self.W_k.T + dv @ self.W_v.T
