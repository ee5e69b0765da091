"""Truth: one of the small vectors of a gate. A layer that keeps a list for each gate, columns, and goes back step by step from the last
state.
"""
import numpy as np


def logistic(a):
    return 1.0 / (1.0 + np.exp(-a))


class GruLayer(object):
    def __init__(self, input_width, state_width, learning_rate):
        self.input_width, self.state_width = input_width, state_width
        self.learning_rate = learning_rate
        self.Wzh, self.Wzx, self.bz = self.init_weights()
        self.Wrh, self.Wrx, self.br = self.init_weights()
        self.Wnh, self.Wnx, self.bn = self.init_weights()

    def init_weights(self):
        Wh = np.random.uniform(-0.5, 0.5, (self.state_width, self.state_width))
        Wx = np.random.uniform(-0.5, 0.5, (self.state_width, self.input_width))
        return Wh, Wx, np.zeros((self.state_width, 1))

    def forward(self, xs):
        self.xs = xs
        self.h_list = [np.zeros((self.state_width, 1))]
        self.z_list, self.r_list, self.n_list = [], [], []
        for x in xs:
            h = self.h_list[-1]
            z = logistic(self.Wzh.dot(h) + self.Wzx.dot(x) + self.bz)
            r = logistic(self.Wrh.dot(h) + self.Wrx.dot(x) + self.br)
            n = np.tanh(self.Wnh.dot(r * h) + self.Wnx.dot(x) + self.bn)
            self.z_list.append(z)
            self.r_list.append(r)
            self.n_list.append(n)
            self.h_list.append((1 - z) * h + z * n)
        return self.h_list[-1]

    def backward(self, delta_h):
        names = ["Wzh", "Wzx", "bz", "Wrh", "Wrx", "br", "Wnh", "Wnx", "bn"]
        self.grads = {name: np.zeros_like(getattr(self, name)) for name in names}
        for t in reversed(range(len(self.xs))):
            x, h = self.xs[t], self.h_list[t]
            z, r, n = self.z_list[t], self.r_list[t], self.n_list[t]
            delta_n = delta_h * z * (1 - n ** 2)
            delta_z = delta_h * (n - h) * z * (1 - z)
            delta_rh = self.Wnh.T.dot(delta_n)
            delta_r = delta_rh * h * r * (1 - r)
            self.grads["Wnh"] += delta_n.dot((r * h).T)
            self.grads["Wnx"] += delta_n.dot(x.T)
            self.grads["bn"] += delta_n
            self.grads["Wrh"] += delta_r.dot(h.T)
            self.grads["Wrx"] += delta_r.dot(x.T)
            self.grads["br"] += delta_z
            self.grads["Wzh"] += delta_z.dot(h.T)
            self.grads["Wzx"] += delta_z.dot(x.T)
            self.grads["bz"] += delta_z
            delta_h = (delta_h * (1 - z) + delta_rh * r + self.Wzh.T.dot(delta_z) + self.Wrh.T.dot(delta_r))
        return self.grads

    def update(self):
        for name, grad in self.grads.items():
            setattr(self, name, getattr(self, name) - self.learning_rate * grad)


if __name__ == "__main__":
    np.random.seed(5)
    layer = GruLayer(3, 4, 0.1)
    sequence = [np.random.randn(3, 1) for _ in range(6)]
    goal = np.array([[0.5], [-0.5], [0.2], [0.0]])
    for step in range(80):
        last = layer.forward(sequence)
        layer.backward(last - goal)
        layer.update()
    print(0.5 * np.sum((last - goal) ** 2))
