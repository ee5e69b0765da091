"""A vanilla recurrent layer, an LSTM and a GRU, all through time."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class RNN:
    """Every hidden state is an output; x is (samples, time, features)."""

    def __init__(self, d=3, h=4):
        self.Wx, self.Wh, self.b = np.full((d, h), 0.1), np.full((h, h), 0.1), np.zeros(h)

    def forward(self, x):
        n, T, _ = x.shape
        self.x = x
        self.h = np.zeros((n, T + 1, self.Wh.shape[0]))
        for t in range(T):
            self.h[:, t] = np.tanh(x[:, t] @ self.Wx + self.h[:, t - 1] @ self.Wh + self.b)
        return self.h[:, :-1]

    def backward(self, dout):
        n, T, _ = self.x.shape
        self.dWx, self.dWh, self.db = np.zeros_like(self.Wx), np.zeros_like(self.Wh), np.zeros_like(self.b)
        dx = np.zeros_like(self.x)
        dnext = np.zeros((n, self.Wh.shape[0]))
        for t in reversed(range(T)):
            dh = dout[:, t] + dnext
            draw = (1 - self.h[:, t] ** 2) * dh
            self.db += draw.sum(axis=0)
            self.dWx += self.x[:, t].T @ draw
            self.dWh += self.h[:, t - 1].T @ draw
            dx[:, t] = draw @ self.Wx.T
            dnext = draw @ self.Wh.T
        return dx


class LSTM:
    """The last hidden state is the output."""

    def __init__(self, d=3, h=4):
        self.W, self.U, self.b, self.size = np.full((d, 4 * h), 0.1), np.full((h, 4 * h), 0.1), np.zeros(4 * h), h

    def forward(self, x):
        n, T, _ = x.shape
        H = self.size
        h, c = np.zeros((n, H)), np.zeros((n, H))
        self.x, self.cache = x, []
        for t in range(T):
            a = x[:, t] @ self.W + h @ self.U + self.b
            i, f, o, g = (
                sigmoid(a[:, :H]),
                sigmoid(a[:, H : 2 * H]),
                sigmoid(a[:, 2 * H : 3 * H]),
                np.tanh(a[:, 3 * H :]),
            )
            c_prev, h_prev = c, h
            c = f * c_prev + i * g
            h = o * np.tanh(c)
            self.cache.append((i, f, o, g, c, c_prev, h_prev))
        return h

    def backward(self, dh):
        n, T, _ = self.x.shape
        dx = np.zeros_like(self.x)
        dW, dU, db = np.zeros_like(self.W), np.zeros_like(self.U), np.zeros_like(self.b)
        dc = np.zeros_like(dh)
        for t in range(T - 1, -1, -1):
            i, f, o, g, c, c_prev, h_prev = self.cache[t]
            tc = np.tanh(c)
            do = dh * tc
            dc = dc + dh * o * (1 - tc**2)
            di = dc * g
            df = dc * c_prev
            dg = dc * i
            da = np.hstack((di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)))
            dW += self.x[:, t].T @ da
            dU += h_prev.T @ da
            db += da.sum(axis=0)
            dx[:, t] = da @ self.W.T
            dh = da @ self.U.T
            dc = dc * f
        self.dW, self.dU, self.db = dW, dU, db
        return dx


class GRU:
    """The last hidden state is the output; weights in a dict, their gradients in another."""

    def __init__(self, d=2, h=3):
        names = ("Wz", "Uz", "Wr", "Ur", "Wh", "Uh")
        self.params = {name: np.full((d if name[0] == "W" else h, h), 0.1) for name in names}

    def forward(self, x):
        p = self.params
        h = np.zeros((len(x), p["Uz"].shape[0]))
        self.x, self.steps = x, []
        for t in range(x.shape[1]):
            xt = x[:, t]
            z = sigmoid(xt @ p["Wz"] + h @ p["Uz"])
            r = sigmoid(xt @ p["Wr"] + h @ p["Ur"])
            hh = np.tanh(xt @ p["Wh"] + (r * h) @ p["Uh"])
            self.steps.append((xt, h, z, r, hh))
            h = (1 - z) * h + z * hh
        return h

    def backward(self, dh):
        p = self.params
        self.grads = {name: np.zeros_like(w) for name, w in p.items()}
        dx = np.zeros_like(self.x)
        for t in reversed(range(len(self.steps))):
            xt, h_prev, z, r, hh = self.steps[t]
            dz = dh * (hh - h_prev)
            dhh = dh * z
            dh_prev = dh * (1 - z)
            da_h = dhh * (1 - hh**2)
            self.grads["Wh"] += xt.T @ da_h
            self.grads["Uh"] += (r * h_prev).T @ da_h
            drh = da_h @ p["Uh"].T
            dr = drh * h_prev
            dh_prev += drh * r
            da_z = dz * z * (1 - z)
            da_r = dr * r * (1 - r)
            self.grads["Wz"] += xt.T @ da_z
            self.grads["Uz"] += h_prev.T @ da_z
            self.grads["Wr"] += xt.T @ da_r
            self.grads["Ur"] += h_prev.T @ da_r
            dh_prev += da_z @ p["Uz"].T + da_r @ p["Ur"].T
            dx[:, t] = da_h @ p["Wh"].T + da_z @ p["Wz"].T + da_r @ p["Wr"].T
            dh = dh_prev
        return dx


# ruff: noqa - written as people write
