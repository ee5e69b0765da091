"""Truth: two mistakes. The forget gate's gradient is multiplied by sigmoid(f) instead of the sigmoid's
derivative f (1 - f), and dh_next, dC_next are never handed on to the earlier time step. handnn has no LSTM;
own forward pass as judge. x is (samples, T, features), the last h is the output.
"""
import numpy as np


def sig(t):
    return 1 / (1 + np.exp(-t))


class LSTM:
    """handnn: layer, input_shape=(3, 3)"""

    def __init__(self, n=3, m=4):
        for g in "figo":
            setattr(self, f"W_{g}", np.full((n + m, m), 0.3))
            setattr(self, f"b_{g}", np.zeros(m))
        self.m = m

    def forward(self, x):
        h = c = np.zeros((len(x), self.m))
        self.kept = []
        for t in range(x.shape[1]):
            z = np.hstack([h, x[:, t]])
            f, i, o = (sig(z @ getattr(self, f"W_{k}") + getattr(self, f"b_{k}")) for k in "fio")
            g = np.tanh(z @ self.W_g + self.b_g)
            old = c
            c = f * c + i * g
            h = o * np.tanh(c)
            self.kept.append((z, f, i, g, o, old, c))
        self.x = x
        return h

    def backward(self, d):
        dx = np.zeros_like(self.x)
        self.grads = {f"{p}_{k}": 0 for p in "Wb" for k in "figo"}
        dh_next, dc_next = d, 0
        for t in range(len(self.kept) - 1, -1, -1):
            z, f, i, g, o, old, c = self.kept[t]
            dh = dh_next if t == len(self.kept) - 1 else np.zeros_like(d)  # dh_next and dc_next stay what they were
            do = dh * np.tanh(c) * o * (1 - o)
            dc = dh * o * (1 - np.tanh(c) ** 2) + dc_next
            dg, di = dc * i * (1 - g**2), dc * g * i * (1 - i)
            df = sig(f) * dc * old
            dz = 0
            for k, dk in zip("figo", (df, di, dg, do)):
                self.grads[f"W_{k}"] = self.grads[f"W_{k}"] + z.T @ dk
                self.grads[f"b_{k}"] = self.grads[f"b_{k}"] + dk.sum(axis=0)
                dz = dz + dk @ getattr(self, f"W_{k}").T
            dx[:, t] = dz[:, self.m :]
        return dx


class LSTMNamedW(LSTM):
    """The same with one W and b, under names that handnn knows. handnn: layer, input_shape=(3, 3)"""

    def __init__(self, n=3, m=4):
        self.W, self.b, self.m = np.full((n + m, 4 * m), 0.3), np.zeros(4 * m), m

    def __getattr__(self, name):
        if name[:2] in ("W_", "b_") and name[2:] in ("f", "i", "g", "o"):
            k = "figo".index(name[2:]) * self.m
            return (self.W if name[0] == "W" else self.b)[..., k : k + self.m]
        raise AttributeError(name)

    def backward(self, d):
        dx = super().backward(d)
        own = self.grads
        self.grads = {}
        self.dW = np.hstack([own[f"W_{k}"] for k in "figo"])
        self.db = np.hstack([own[f"b_{k}"] for k in "figo"])
        return dx


if __name__ == "__main__":
    from handnn.diagnosis import check_layer

    print(check_layer(LSTM, input_shape=(3, 3)))
    print(check_layer(LSTM, input_shape=(1, 3)))  # one time step: only the gates' weights can be wrong
    print(check_layer(LSTMNamedW, input_shape=(3, 3)))
    print(check_layer(LSTMNamedW, input_shape=(2, 3)))
