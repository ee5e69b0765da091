import numpy as np

class MLP(object):
    def __init__(self, sizes):
        self.sizes = sizes
        self.w = [np.random.randn(n, m) * 0.1 for n, m in zip(sizes[:-1], sizes[1:])]
        self.b = [np.zeros(m) for m in sizes[1:]]

    def load(self, batch, labels):
        self.batch = batch
        self.labels = labels

    def forward(self):
        self.h = [self.batch]
        for w, b in zip(self.w[:-1], self.b[:-1]):
            self.h.append(np.tanh(self.h[-1] @ w + b))
        z = self.h[-1] @ self.w[-1] + self.b[-1]
        e = np.exp(z - z.max(1, keepdims=True))
        self.prob = e / e.sum(1, keepdims=True)

    def loss(self):
        n = len(self.labels)
        return -np.log(self.prob[np.arange(n), self.labels]).mean()

    def backward(self):
        n = len(self.labels)
        d = self.prob.copy()
        d[np.arange(n), self.labels] -= 1
        d /= n
        self.dw, self.db = [], []
        for k in range(len(self.w) - 1, -1, -1):
            self.dw.insert(0, self.h[k].T @ d)
            self.db.insert(0, d.sum(0))
            if k:
                d = d @ self.w[k].T * (1 - self.h[k] ** 2)  # not: d = d @ self.w[k].T * (1 - self.h[k])

    def update(self, lr):
        for k in range(len(self.w)):
            self.w[k] -= lr * self.dw[k]
            self.b[k] -= lr * self.db[k]

if __name__ == "__main__":
    net = MLP([4, 6, 3])
    x = np.random.randn(30, 4)
    net.load(x, np.argmax(x[:, :3], axis=1))
    for _ in range(50):
        net.forward()
        net.backward()
        net.update(0.5)
    print(net.loss())
