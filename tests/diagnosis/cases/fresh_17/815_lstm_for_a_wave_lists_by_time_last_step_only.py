"""Truth: what reaches the cell on the way back. An LSTM that predicts the next value of a wave from the last few, gates of one stacked
vector of state and input, lists by time, one loss at the end of the window.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class LSTM:
    def __init__(self, input_dim, hidden_dim, output_dim, lr=0.05):
        self.hidden_dim = hidden_dim
        self.lr = lr
        concat = hidden_dim + input_dim
        rs = np.random.RandomState(10)
        bound = 1 / np.sqrt(hidden_dim)
        # forget, input, candidate, output
        self.Wf = rs.uniform(-bound, bound, (hidden_dim, concat))
        self.Wi = rs.uniform(-bound, bound, (hidden_dim, concat))
        self.Wc = rs.uniform(-bound, bound, (hidden_dim, concat))
        self.Wo = rs.uniform(-bound, bound, (hidden_dim, concat))
        self.bf = np.ones((hidden_dim, 1))
        self.bi = np.zeros((hidden_dim, 1))
        self.bc = np.zeros((hidden_dim, 1))
        self.bo = np.zeros((hidden_dim, 1))
        self.Wy = rs.uniform(-bound, bound, (output_dim, hidden_dim))
        self.by = np.zeros((output_dim, 1))

    def forward(self, sequence):
        h = np.zeros((self.hidden_dim, 1))
        c = np.zeros((self.hidden_dim, 1))
        self.zs, self.fs, self.is_, self.gs, self.os = [], [], [], [], []
        self.cs, self.hs = [c], [h]
        for x in sequence:
            z = np.vstack((h, np.reshape(x, (-1, 1))))
            f = sigmoid(self.Wf @ z + self.bf)
            i = sigmoid(self.Wi @ z + self.bi)
            g = np.tanh(self.Wc @ z + self.bc)
            o = sigmoid(self.Wo @ z + self.bo)
            c = f * c + i * g
            h = o * np.tanh(c)
            self.zs.append(z)
            self.fs.append(f)
            self.is_.append(i)
            self.gs.append(g)
            self.os.append(o)
            self.cs.append(c)
            self.hs.append(h)
        self.y = self.Wy @ h + self.by
        return self.y

    def loss(self, target):
        return 0.5 * np.sum((self.y - target) ** 2)

    def backward(self, target):
        grads = {name: np.zeros_like(getattr(self, name)) for name in self.names()}
        dy = self.y - target
        grads["Wy"] = dy @ self.hs[-1].T
        grads["by"] = dy
        dh_next = self.Wy.T @ dy
        dc_next = np.zeros((self.hidden_dim, 1))
        for t in reversed(range(len(self.zs))):
            z, f, i, g, o = self.zs[t], self.fs[t], self.is_[t], self.gs[t], self.os[t]
            c, c_prev = self.cs[t + 1], self.cs[t]
            tanh_c = np.tanh(c)
            dh = dh_next
            do = dh * tanh_c * o * (1 - o)
            dc = dh * o * (1 - tanh_c ** 2)
            df = dc * c_prev * f * (1 - f)
            di = dc * g * i * (1 - i)
            dg = dc * i * (1 - g ** 2)
            for name, d in (("f", df), ("i", di), ("c", dg), ("o", do)):
                grads["W" + name] += d @ z.T
                grads["b" + name] += d
            dz = self.Wf.T @ df + self.Wi.T @ di + self.Wc.T @ dg + self.Wo.T @ do
            dh_next = dz[:self.hidden_dim]
            dc_next = dc * f
        return grads

    @staticmethod
    def names():
        return ["Wf", "Wi", "Wc", "Wo", "bf", "bi", "bc", "bo", "Wy", "by"]

    def train_step(self, sequence, target):
        self.forward(sequence)
        loss = self.loss(target)
        grads = self.backward(target)
        for name in self.names():
            setattr(self, name, getattr(self, name) - self.lr * grads[name])
        return loss


def windows(series, size):
    return [(series[k:k + size], series[k + size]) for k in range(len(series) - size)]


if __name__ == "__main__":
    wave = np.sin(np.linspace(0, 12, 80)) + 0.3 * np.cos(np.linspace(0, 40, 80))
    model = LSTM(1, 10, 1)
    data = windows(wave, 8)
    for epoch in range(15):
        total = sum(model.train_step(seq, target) for seq, target in data)
        if epoch % 5 == 0:
            print("epoch", epoch, "loss", total / len(data))
