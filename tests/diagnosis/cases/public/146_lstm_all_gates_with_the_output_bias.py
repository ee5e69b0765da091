"""Truth: the FORWARD pass is wrong in two gates: forget and update gate add bo, the output gate's bias, where bf and
bu belong (bf and bu are used nowhere). The backward pass is that of the right LSTM. Rows, one weight matrix a gate,
[h, x].
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class LSTM:
    """handnn: layer LSTM(4, return_sequences=True), input_shape=(3, 2)"""

    def __init__(self, n_out=4, n_in=2):
        rng = np.random.RandomState(5)
        self.n_in, self.n_out = n_in, n_out
        self.parameters = {k: rng.randn(n_in + n_out, n_out) for k in ("Wf", "Wu", "Wc", "Wo")}
        self.parameters.update({k: rng.randn(1, n_out) for k in ("bf", "bu", "bc", "bo")})

    def forward(self, X):
        n_ex, n_t, n_in = X.shape
        p = self.parameters
        At = Ct = np.zeros((n_ex, self.n_out))
        self.X, self.derived_variables, Y = X, [], []
        for t in range(n_t):
            Zt, C_prev = np.hstack([At, X[:, t]]), Ct
            _Go = Zt @ p["Wo"] + p["bo"]
            _Gf = Zt @ p["Wf"] + p["bo"]
            _Gu = Zt @ p["Wu"] + p["bo"]
            _Gc = Zt @ p["Wc"] + p["bc"]
            Gf, Gu, Go, Cct = sigmoid(_Gf), sigmoid(_Gu), sigmoid(_Go), np.tanh(_Gc)
            Ct = Gf * C_prev + Gu * Cct
            At = Go * np.tanh(Ct)
            self.derived_variables.append((Zt, Gf, Gu, Go, Cct, C_prev, Ct))
            Y.append(At)
        return np.stack(Y, axis=1)

    def backward(self, dLdA):
        self.gradients = {k: np.zeros_like(v) for k, v in self.parameters.items()}
        g, dX = self.gradients, np.zeros_like(self.X)
        dA_accum = dC_accum = 0
        for t in reversed(range(dLdA.shape[1])):
            Zt, Gf, Gu, Go, Cct, C_prev, Ct = self.derived_variables[t]
            dAt = dLdA[:, t] + dA_accum
            dCt = dC_accum + dAt * Go * (1 - np.tanh(Ct) ** 2)
            _dGo = dAt * np.tanh(Ct) * Go * (1 - Go)
            _dCct = dCt * Gu * (1 - Cct**2)
            _dGu = dCt * Cct * Gu * (1 - Gu)
            _dGf = dCt * C_prev * Gf * (1 - Gf)
            dZ = 0
            for k, d in zip("fuco", (_dGf, _dGu, _dCct, _dGo)):
                g["W" + k] += Zt.T @ d
                g["b" + k] += d.sum(axis=0, keepdims=True)
                dZ = dZ + d @ self.parameters["W" + k].T
            dA_accum, dX[:, t] = dZ[:, : self.n_out], dZ[:, self.n_out :]
            dC_accum = Gf * dCt
        return dX
