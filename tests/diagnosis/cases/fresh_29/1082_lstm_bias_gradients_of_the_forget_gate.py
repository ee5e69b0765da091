"""Truth: two mistakes, both by copying: the bias gradients of the input gate and of the output gate are the forget gate's. Found
by comparing the lists of deltas; is it a typo or is there a reason for it?
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class LstmLayer:
    """handnn: layer, input_shape=(4, 3)"""

    def __init__(self, input_width=3, state_width=4, seed=2):
        rng = np.random.default_rng(seed)
        self.state_width = state_width
        shape = (state_width + input_width, state_width)
        self.Wf, self.bf = rng.uniform(-0.5, 0.5, shape), np.zeros(state_width)
        self.Wi, self.bi = rng.uniform(-0.5, 0.5, shape), np.zeros(state_width)
        self.Wo, self.bo = rng.uniform(-0.5, 0.5, shape), np.zeros(state_width)
        self.Wc, self.bc = rng.uniform(-0.5, 0.5, shape), np.zeros(state_width)

    def forward(self, x):
        self.x = x
        n, times, _ = x.shape
        h = c = np.zeros((n, self.state_width))
        self.steps = []
        for t in range(times):
            joined = np.concatenate([h, x[:, t]], axis=1)
            f = sigmoid(joined @ self.Wf + self.bf)
            i = sigmoid(joined @ self.Wi + self.bi)
            o = sigmoid(joined @ self.Wo + self.bo)
            ct = np.tanh(joined @ self.Wc + self.bc)
            c_prev, c = c, f * c + i * ct
            h = o * np.tanh(c)
            self.steps.append((joined, f, i, o, ct, c_prev, c))
        return h

    def backward(self, delta_h):
        self.dWf, self.dWi = np.zeros_like(self.Wf), np.zeros_like(self.Wi)
        self.dWo, self.dWc = np.zeros_like(self.Wo), np.zeros_like(self.Wc)
        self.dbf, self.dbi = np.zeros_like(self.bf), np.zeros_like(self.bi)
        self.dbo, self.dbc = np.zeros_like(self.bo), np.zeros_like(self.bc)
        dx = np.zeros_like(self.x)
        delta_c = np.zeros_like(delta_h)
        for t in reversed(range(len(self.steps))):
            joined, f, i, o, ct, c_prev, c = self.steps[t]
            tanh_c = np.tanh(c)
            delta_o = delta_h * tanh_c * o * (1 - o)
            delta_c = delta_c + delta_h * o * (1 - tanh_c ** 2)
            delta_f = delta_c * c_prev * f * (1 - f)
            delta_i = delta_c * ct * i * (1 - i)
            delta_ct = delta_c * i * (1 - ct ** 2)
            self.dWf += joined.T @ delta_f
            self.dbf += delta_f.sum(axis=0)
            self.dWi += joined.T @ delta_i
            self.dbi += delta_f.sum(axis=0)
            self.dWo += joined.T @ delta_o
            self.dbo += delta_f.sum(axis=0)
            self.dWc += joined.T @ delta_ct
            self.dbc += delta_ct.sum(axis=0)
            d_joined = delta_f @ self.Wf.T + delta_i @ self.Wi.T + delta_o @ self.Wo.T + delta_ct @ self.Wc.T
            delta_h = d_joined[:, :self.state_width]
            dx[:, t] = d_joined[:, self.state_width:]
            delta_c = delta_c * f
        return dx
