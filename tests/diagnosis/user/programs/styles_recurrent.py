"""Recurrences in further styles: lists of columns and of classes, dicts of parameters, cells and loops. All are right."""
# ruff: noqa (code as people write it)

import numpy as np


def softmax_of(v):
    e = np.exp(v - np.max(v))
    return e / e.sum()


class ManyToOne:
    """One-hot columns in, the last state decides; forward keeps inputs and states, backprop updates at once."""

    def __init__(self, input_size, output_size, hidden_size=5):
        self.Whh = np.random.randn(hidden_size, hidden_size) / 3
        self.Wxh = np.random.randn(hidden_size, input_size) / 3
        self.Why = np.random.randn(output_size, hidden_size) / 3
        self.bh = np.zeros((hidden_size, 1))
        self.by = np.zeros((output_size, 1))

    def forward(self, inputs):
        h = np.zeros((self.Whh.shape[0], 1))
        self.last_inputs = inputs
        self.last_hs = {0: h}
        for i, x in enumerate(inputs):
            h = np.tanh(self.Wxh @ x + self.Whh @ h + self.bh)
            self.last_hs[i + 1] = h
        return self.Why @ h + self.by, h

    def backprop(self, d_y, learn_rate=0.02):
        n = len(self.last_inputs)
        d_Why = d_y @ self.last_hs[n].T
        d_by = d_y
        d_Whh, d_Wxh, d_bh = np.zeros(self.Whh.shape), np.zeros(self.Wxh.shape), np.zeros(self.bh.shape)
        d_h = self.Why.T @ d_y
        for t in reversed(range(n)):
            temp = (1 - self.last_hs[t + 1] ** 2) * d_h
            d_bh += temp
            d_Whh += temp @ self.last_hs[t].T
            d_Wxh += temp @ self.last_inputs[t].T
            d_h = self.Whh @ temp if False else self.Whh.T @ temp
        self.Whh -= learn_rate * d_Whh
        self.Wxh -= learn_rate * d_Wxh
        self.Why -= learn_rate * d_Why
        self.bh -= learn_rate * d_bh
        self.by -= learn_rate * d_by


class ManyToMany:
    """A vector each step; forward returns states and outputs, the loss and backward take them."""

    def __init__(self, n_in=3, n_hid=4, n_out=3):
        rng = np.random.RandomState(7)
        self.U, self.W, self.V = rng.randn(n_hid, n_in), rng.randn(n_hid, n_hid) * 0.5, rng.randn(n_out, n_hid)

    def forward(self, xs):
        s, o = {-1: np.zeros(self.W.shape[0])}, []
        for t, x in enumerate(xs):
            s[t] = np.tanh(self.U @ x + self.W @ s[t - 1])
            o.append(softmax_of(self.V @ s[t]))
        return s, o

    def calculate_loss(self, o, labels):
        return -sum(np.log(o[t][labels[t]]) for t in range(len(labels)))

    def bptt(self, xs, labels):
        s, o = self.forward(xs)
        dU, dW, dV = np.zeros_like(self.U), np.zeros_like(self.W), np.zeros_like(self.V)
        ds_next = np.zeros(self.W.shape[0])
        for t in reversed(range(len(labels))):
            delta_o = o[t].copy()
            delta_o[labels[t]] -= 1.0
            dV += np.outer(delta_o, s[t])
            ds = self.V.T @ delta_o + ds_next
            dz = ds * (1 - s[t] ** 2)
            dW += np.outer(dz, s[t - 1])
            dU += np.outer(dz, xs[t])
            ds_next = self.W.T @ dz
        return dU, dV, dW


def gru_cell_forward(xt, h_prev, parameters):
    Wz, Wr, Wg = parameters["Wz"], parameters["Wr"], parameters["Wg"]
    both = np.concatenate([h_prev, xt])
    z = 1 / (1 + np.exp(-Wz @ both))
    r = 1 / (1 + np.exp(-Wr @ both))
    reset = np.concatenate([r * h_prev, xt])
    g = np.tanh(Wg @ reset)
    h_next = (1 - z) * h_prev + z * g
    return h_next, (xt, h_prev, both, z, r, reset, g, parameters)


def gru_cell_backward(dh_next, cache):
    xt, h_prev, both, z, r, reset, g, parameters = cache
    n = h_prev.shape[0]
    dg = dh_next * z * (1 - g**2)
    dz = dh_next * (g - h_prev) * z * (1 - z)
    dreset = parameters["Wg"].T @ dg
    dr = dreset[:n] * h_prev * r * (1 - r)
    dboth = parameters["Wz"].T @ dz + parameters["Wr"].T @ dr
    return {
        "dxt": dboth[n:] + dreset[n:],
        "dh_prev": dh_next * (1 - z) + dboth[:n] + dreset[:n] * r,
        "dWz": dz @ both.T,
        "dWr": dr @ both.T,
        "dWg": dg @ reset.T,
    }


def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    h, states = np.zeros((N, T, b.shape[0])), []
    prev = h0
    for t in range(T):
        nxt = np.tanh(x[:, t] @ Wx + prev @ Wh + b)
        states.append((x[:, t], prev, nxt))
        h[:, t] = prev = nxt
    return h, (states, Wx, Wh, D)


def rnn_backward(dh, cache):
    states, Wx, Wh, D = cache
    N, T, H = dh.shape
    dx, dWx, dWh, db = np.zeros((N, T, D)), np.zeros_like(Wx), np.zeros_like(Wh), np.zeros(H)
    d_prev = np.zeros((N, H))
    for t in range(T - 1, -1, -1):
        xt, prev, nxt = states[t]
        da = (dh[:, t] + d_prev) * (1 - nxt**2)
        dx[:, t] = da @ Wx.T
        dWx += xt.T @ da
        dWh += prev.T @ da
        db += da.sum(axis=0)
        d_prev = da @ Wh.T
    return dx, d_prev, dWx, dWh, db


def attend(query, key, value):
    scores = query @ key.T / np.sqrt(query.shape[-1])
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = e / e.sum(axis=-1, keepdims=True)
    return weights @ value, (query, key, value, weights)


def attend_backward(d_context, cache):
    query, key, value, weights = cache
    d_value = weights.T @ d_context
    d_weights = d_context @ value.T
    d_scores = weights * (d_weights - np.sum(d_weights * weights, axis=-1, keepdims=True)) / np.sqrt(query.shape[-1])
    return d_scores @ key, d_scores.T @ query, d_value


class AttentionHead:
    """Projections by Wq, Wk, Wv; gradients as attributes."""

    def __init__(self, d_model, d_head):
        self.Wq, self.Wk, self.Wv = (np.random.randn(d_model, d_head) * 0.5 for _ in range(3))

    def forward(self, x):
        self.x = x
        self.out, self.cache = attend(x @ self.Wq, x @ self.Wk, x @ self.Wv)
        return self.out

    def backward(self, grad_output):
        dq, dk, dv = attend_backward(grad_output, self.cache)
        self.Wq_grad, self.Wk_grad, self.Wv_grad = self.x.T @ dq, self.x.T @ dk, self.x.T @ dv
        return dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv.T
