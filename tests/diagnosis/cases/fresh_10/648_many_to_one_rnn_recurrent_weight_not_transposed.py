"""Truth: the gradient goes back to the state before through Whh.T; Whh itself is used. Columns, many to one, clipped gradients, the network
updates itself.
"""
import numpy as np


class RNN:
    def __init__(self, input_size=5, output_size=2, hidden_size=4):
        self.Whh = np.random.randn(hidden_size, hidden_size) / 3
        self.Wxh = np.random.randn(hidden_size, input_size) / 3
        self.Why = np.random.randn(output_size, hidden_size) / 3
        self.bh = np.zeros((hidden_size, 1))
        self.by = np.zeros((output_size, 1))

    def forward(self, inputs):
        """Inputs: a list of columns, one for each step."""
        h = np.zeros((self.Whh.shape[0], 1))
        self.last_inputs = inputs
        self.last_hs = {0: h}
        for i, x in enumerate(inputs):
            h = np.tanh(self.Wxh @ x + self.Whh @ h + self.bh)
            self.last_hs[i + 1] = h
        y = self.Why @ h + self.by
        return y, h

    def backprop(self, d_y, learn_rate=2e-2):
        n = len(self.last_inputs)
        d_Why = d_y @ self.last_hs[n].T
        d_by = d_y
        d_Whh = np.zeros(self.Whh.shape)
        d_Wxh = np.zeros(self.Wxh.shape)
        d_bh = np.zeros(self.bh.shape)
        d_h = self.Why.T @ d_y
        for t in reversed(range(n)):
            temp = (1 - self.last_hs[t + 1] ** 2) * d_h
            d_bh += temp
            d_Whh += temp @ self.last_hs[t].T
            d_Wxh += temp @ self.last_inputs[t].T
            d_h = self.Whh @ temp
        for d in [d_Wxh, d_Whh, d_Why, d_bh, d_by]:
            np.clip(d, -1, 1, out=d)
        self.Whh -= learn_rate * d_Whh
        self.Wxh -= learn_rate * d_Wxh
        self.Why -= learn_rate * d_Why
        self.bh -= learn_rate * d_bh
        self.by -= learn_rate * d_by


def softmax(xs):
    return np.exp(xs) / sum(np.exp(xs))


if __name__ == "__main__":
    rnn = RNN()
    inputs, target = [np.eye(5)[:, [k]] for k in (0, 3, 1)], 1
    for epoch in range(100):
        out, _ = rnn.forward(inputs)
        probs = softmax(out)
        loss = -np.log(probs[target, 0])
        d_L_d_y = probs
        d_L_d_y[target] -= 1
        rnn.backprop(d_L_d_y)
    print(loss)
