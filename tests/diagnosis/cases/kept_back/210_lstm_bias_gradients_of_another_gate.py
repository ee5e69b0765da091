"""Truth: two mistakes by copying a line: the bias gradients of the input gate and of the output gate are the forget
gate's delta; delta_i_list[t] and delta_o_list[t] belong there. The weights' gradients are right. Column vectors.
"""
import numpy as np


def sig(t):
    return 1.0 / (1.0 + np.exp(-t))


class LstmLayer(object):
    def __init__(self, input_width=3, state_width=4):
        rng = np.random.RandomState(3)
        n, m = state_width, input_width
        init = lambda: (rng.randn(n, n), rng.randn(n, m), rng.randn(n, 1))
        self.Wfh, self.Wfx, self.bf = init()
        self.Wih, self.Wix, self.bi = init()
        self.Woh, self.Wox, self.bo = init()
        self.Wch, self.Wcx, self.bc = init()
        self.state_width = state_width

    def forward(self, x):
        """x: a list of columns; returns the last hidden state."""
        self.x, zero = x, np.zeros((self.state_width, 1))
        self.h_list, self.c_list, self.gates = [zero], [zero], [None]
        for xt in x:
            h = self.h_list[-1]
            f = sig(np.dot(self.Wfh, h) + np.dot(self.Wfx, xt) + self.bf)
            i = sig(np.dot(self.Wih, h) + np.dot(self.Wix, xt) + self.bi)
            o = sig(np.dot(self.Woh, h) + np.dot(self.Wox, xt) + self.bo)
            ct = np.tanh(np.dot(self.Wch, h) + np.dot(self.Wcx, xt) + self.bc)
            self.c_list.append(f * self.c_list[-1] + i * ct)
            self.h_list.append(o * np.tanh(self.c_list[-1]))
            self.gates.append((f, i, o, ct))
        return self.h_list[-1]

    def backward(self, delta_h):
        self.grads = {k: 0 for k in ("Wfh", "Wfx", "bf", "Wih", "Wix", "bi", "Woh", "Wox", "bo", "Wch", "Wcx", "bc")}
        delta_c, dx = 0, []
        for t in range(len(self.x), 0, -1):
            f, i, o, ct = self.gates[t]
            tanh_c = np.tanh(self.c_list[t])
            delta_c = delta_c + delta_h * o * (1 - tanh_c**2)
            delta_o = delta_h * tanh_c * o * (1 - o)
            delta_f = delta_c * self.c_list[t - 1] * f * (1 - f)
            delta_i = delta_c * ct * i * (1 - i)
            delta_ct = delta_c * i * (1 - ct**2)
            self.calc_gradient_t(t, delta_f, delta_i, delta_o, delta_ct)
            Wh, Wx = (self.Wfh, self.Wih, self.Woh, self.Wch), (self.Wfx, self.Wix, self.Wox, self.Wcx)
            deltas = (delta_f, delta_i, delta_o, delta_ct)
            delta_h = sum(np.dot(W.T, d) for W, d in zip(Wh, deltas))
            dx.insert(0, sum(np.dot(W.T, d) for W, d in zip(Wx, deltas)))
            delta_c = delta_c * f
        return dx

    def calc_gradient_t(self, t, delta_f, delta_i, delta_o, delta_ct):
        h_prev, xt, g = self.h_list[t - 1].T, self.x[t - 1].T, self.grads
        for k, d in (("Wf", delta_f), ("Wi", delta_i), ("Wo", delta_o), ("Wc", delta_ct)):
            g[k + "h"] += np.dot(d, h_prev)
            g[k + "x"] += np.dot(d, xt)
        g["bf"] += delta_f
        g["bi"] += delta_f
        g["bo"] += delta_f
        g["bc"] += delta_ct
