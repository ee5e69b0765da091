"""Truth: scale = d^-1/2 is DIVIDED by where it should be multiplied: the scores are multiplied by sqrt(d). The
forward pass is wrong, the backward pass is consistent with it. handnn has no attention layer; only the own
forward pass can judge.
"""
import numpy as np


class Attention:
    """handnn: layer, input_shape=(5, 3)"""

    def __init__(self, n=3, d=4):
        self.Wq, self.Wk, self.Wv = (np.full((n, d), 0.2) for _ in range(3))

    def forward(self, x):
        self.x, s = x, self.Wq.shape[1] ** -0.5
        self.q, self.k, self.v = x @ self.Wq, x @ self.Wk, x @ self.Wv
        e = np.exp(self.q @ self.k.swapaxes(1, 2) / s)
        self.p = e / e.sum(axis=-1, keepdims=True)
        return self.p @ self.v

    def backward(self, d):
        s, xt = self.Wq.shape[1] ** -0.5, self.x.swapaxes(1, 2)
        dv, dp = self.p.swapaxes(1, 2) @ d, d @ self.v.swapaxes(1, 2)
        ds = self.p * (dp - (dp * self.p).sum(axis=-1, keepdims=True)) / s
        dq, dk = ds @ self.k, ds.swapaxes(1, 2) @ self.q
        self.dWq, self.dWk, self.dWv = ((xt @ g).sum(axis=0) for g in (dq, dk, dv))
        return dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv.T


class WeightGradientWrong(Attention):
    """A control: dWq is returned twice as large. handnn: layer, input_shape=(5, 3)"""

    def backward(self, d):
        dx = super().backward(d)
        self.dWq *= 2
        return dx


if __name__ == "__main__":
    from handnn.diagnosis import check_layer

    print(check_layer(Attention, input_shape=(5, 3)))
    print(check_layer(WeightGradientWrong, input_shape=(5, 3)))
