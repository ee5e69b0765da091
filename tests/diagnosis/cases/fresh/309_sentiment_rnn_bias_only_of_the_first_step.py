"""Truth: the gradient of the hidden bias is assigned at each step where it should be added up."""
import numpy as np


class VanillaRNN:
    """handnn: layer, input_shape=(4, 3)"""

    def __init__(self, input_size=3, output_size=2, hidden_size=5):
        rng = np.random.default_rng(11)
        self.Wxh = rng.normal(size=(hidden_size, input_size)) / 3
        self.Whh = rng.normal(size=(hidden_size, hidden_size)) / 3
        self.Why = rng.normal(size=(output_size, hidden_size)) / 3
        self.bh = np.zeros((hidden_size,))
        self.by = np.zeros((output_size,))

    def forward(self, inputs):
        """Return the output after the last step, (batch, output_size)."""
        h = np.zeros((inputs.shape[0], self.Whh.shape[0]))
        self.last_inputs = inputs
        self.last_hs = {0: h}
        for i in range(inputs.shape[1]):
            h = np.tanh(inputs[:, i] @ self.Wxh.T + h @ self.Whh.T + self.bh)
            self.last_hs[i + 1] = h
        return h @ self.Why.T + self.by

    def backprop(self, d_y, learn_rate=2e-2):
        n = self.last_inputs.shape[1]
        d_Why = d_y.T @ self.last_hs[n]
        d_by = d_y.sum(axis=0)
        d_Whh = np.zeros(self.Whh.shape)
        d_Wxh = np.zeros(self.Wxh.shape)
        d_bh = np.zeros(self.bh.shape)
        d_h = d_y @ self.Why
        d_inputs = np.zeros(self.last_inputs.shape)
        for t in reversed(range(n)):
            temp = (1 - self.last_hs[t + 1] ** 2) * d_h
            d_bh = temp.sum(axis=0)
            d_Whh += temp.T @ self.last_hs[t]
            d_Wxh += temp.T @ self.last_inputs[:, t]
            d_inputs[:, t] = temp @ self.Wxh
            d_h = temp @ self.Whh
        self.Whh -= learn_rate * d_Whh
        self.Wxh -= learn_rate * d_Wxh
        self.Why -= learn_rate * d_Why
        self.bh -= learn_rate * d_bh
        self.by -= learn_rate * d_by
        return d_inputs
