"""Recurrent layers and attention. All are right."""
# ruff: noqa (code as people write it)

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class RNN:
    def __init__(self, Wx, Wh, b):
        self.params, self.grads, self.cache = [Wx, Wh, b], [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)], None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = np.tanh(h_prev @ Wh + x @ Wx + b)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, _ = self.params
        x, h_prev, h_next = self.cache
        dt = dh_next * (1 - h_next**2)
        self.grads[0][...], self.grads[1][...], self.grads[2][...] = x.T @ dt, h_prev.T @ dt, dt.sum(axis=0)
        return dt @ Wx.T, dt @ Wh.T


class GRU:
    """Whole sequences (N, T, D), all states returned."""

    def __init__(self, input_dim, hidden_dim):
        s = 0.4
        self.Wz, self.Wr, self.Wn = (s * np.random.randn(input_dim + hidden_dim, hidden_dim) for _ in range(3))
        self.hidden_dim = hidden_dim

    def forward(self, x):
        n, steps, _ = x.shape
        h, self.kept, out = np.zeros((n, self.hidden_dim)), [], []
        for t in range(steps):
            both = np.concatenate([x[:, t], h], axis=1)
            z, r = sigmoid(both @ self.Wz), sigmoid(both @ self.Wr)
            reset = np.concatenate([x[:, t], r * h], axis=1)
            cand = np.tanh(reset @ self.Wn)
            self.kept.append((both, reset, z, r, cand, h))
            h = (1 - z) * cand + z * h
            out.append(h)
        self.d = x.shape[2]
        return np.stack(out, axis=1)

    def backward(self, dout):
        d = self.d
        self.dWz, self.dWr, self.dWn = (np.zeros_like(w) for w in (self.Wz, self.Wr, self.Wn))
        dx, dh = np.zeros((dout.shape[0], dout.shape[1], d)), np.zeros(dout[:, 0].shape)
        for t in reversed(range(dout.shape[1])):
            both, reset, z, r, cand, h = self.kept[t]
            dh = dh + dout[:, t]
            dn = dh * (1 - z) * (1 - cand**2)
            dreset = dn @ self.Wn.T
            dz = dh * (h - cand) * z * (1 - z)
            dr = dreset[:, d:] * h * r * (1 - r)
            dboth = dz @ self.Wz.T + dr @ self.Wr.T
            self.dWn += reset.T @ dn
            self.dWz += both.T @ dz
            self.dWr += both.T @ dr
            dx[:, t] = dreset[:, :d] + dboth[:, :d]
            dh = dh * z + dreset[:, d:] * r + dboth[:, d:]
        return dx


class SelfAttention:
    """Gradients under other names, in a dict that is returned."""

    def __init__(self, d_model):
        self.w = {k: np.random.randn(d_model, d_model) * 0.4 for k in ("q", "k", "v")}

    def forward(self, x):
        self.x = x
        self.q, self.k, self.v = (x @ self.w[n] for n in "qkv")
        s = self.q @ self.k.transpose(0, 2, 1) / np.sqrt(x.shape[-1])
        e = np.exp(s - s.max(-1, keepdims=True))
        self.p = e / e.sum(-1, keepdims=True)
        return self.p @ self.v

    def backward(self, dout):
        dp = dout @ self.v.transpose(0, 2, 1)
        dv = self.p.transpose(0, 2, 1) @ dout
        ds = self.p * (dp - (dp * self.p).sum(-1, keepdims=True)) / np.sqrt(self.x.shape[-1])
        dq, dk = ds @ self.k, ds.transpose(0, 2, 1) @ self.q
        grads = {n: np.einsum("nti,ntj->ij", self.x, g) for n, g in zip("qkv", (dq, dk, dv))}
        return dq @ self.w["q"].T + dk @ self.w["k"].T + dv @ self.w["v"].T, grads


class LSTMCell:
    """One step on columns; sizes only in the constructor."""

    def __init__(self, input_size, hidden_size):
        self.hidden_size = hidden_size
        for gate in "figo":
            setattr(self, "W" + gate, np.random.randn(hidden_size, hidden_size + input_size) * 0.3)
            setattr(self, "b" + gate, np.zeros((hidden_size, 1)))

    def forward(self, x):
        h0 = np.full((self.hidden_size, x.shape[1]), 0.3)
        c0 = np.full_like(h0, -0.2)
        self.z = np.vstack([h0, x])
        self.f, self.i, self.o = (sigmoid(getattr(self, "W" + g) @ self.z + getattr(self, "b" + g)) for g in "fio")
        self.g = np.tanh(self.Wg @ self.z + self.bg)
        self.c0, self.c = c0, self.f * c0 + self.i * self.g
        return self.o * np.tanh(self.c)

    def backward(self, dh):
        dc = dh * self.o * (1 - np.tanh(self.c) ** 2)
        pre = {
            "f": dc * self.c0 * self.f * (1 - self.f),
            "i": dc * self.g * self.i * (1 - self.i),
            "g": dc * self.i * (1 - self.g**2),
            "o": dh * np.tanh(self.c) * self.o * (1 - self.o),
        }
        dz = 0
        for gate, d in pre.items():
            setattr(self, "dW" + gate, d @ self.z.T)
            setattr(self, "db" + gate, d.sum(axis=1, keepdims=True))
            dz = dz + getattr(self, "W" + gate).T @ d
        return dz[self.hidden_size :]
