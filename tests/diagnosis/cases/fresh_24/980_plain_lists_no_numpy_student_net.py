"""Truth: the hidden deltas are computed with weights that are updated already. Assignment 1: a neural network without any library, matrices are lists of lists."""
import math
import random


class Net:
    def __init__(self, n_in, n_hid, n_out, seed=2):
        rnd = random.Random(seed)
        self.w1 = [[rnd.uniform(-1, 1) for _ in range(n_in)] for _ in range(n_hid)]
        self.b1 = [0.0] * n_hid
        self.w2 = [[rnd.uniform(-1, 1) for _ in range(n_hid)] for _ in range(n_out)]
        self.b2 = [0.0] * n_out

    def forward(self, x):
        self.x = x
        self.hid = []
        for row, b in zip(self.w1, self.b1):
            s = b + sum(w * v for w, v in zip(row, x))
            self.hid.append(math.tanh(s))
        self.out = []
        for row, b in zip(self.w2, self.b2):
            s = b + sum(w * v for w, v in zip(row, self.hid))
            self.out.append(1.0 / (1.0 + math.exp(-s)))
        return self.out

    def loss(self, target):
        return 0.5 * sum((o - t) ** 2 for o, t in zip(self.out, target))

    def backward(self, target, lr):
        d_out = [(o - t) * o * (1 - o) for o, t in zip(self.out, target)]
        for k in range(len(self.w2)):
            for j in range(len(self.hid)):
                self.w2[k][j] -= lr * d_out[k] * self.hid[j]
            self.b2[k] -= lr * d_out[k]
        for j in range(len(self.w1)):
            back = 0.0
            for k in range(len(d_out)):
                back += d_out[k] * self.w2[k][j]
            d_hid = back * (1 - self.hid[j] ** 2)
            for i in range(len(self.x)):
                self.w1[j][i] -= lr * d_hid * self.x[i]
            self.b1[j] -= lr * d_hid


if __name__ == "__main__":
    rnd = random.Random(1)
    data = []
    for _ in range(40):
        a, b = rnd.uniform(-1, 1), rnd.uniform(-1, 1)
        data.append(([a, b], [1.0 if a * b > 0 else 0.0, 1.0 if a + b > 0 else 0.0]))
    net = Net(2, 5, 2)
    for epoch in range(30):
        total = 0.0
        for x, t in data:
            net.forward(x)
            total += net.loss(t)
            net.backward(t, 0.4)
    print("loss after training", total / len(data))
