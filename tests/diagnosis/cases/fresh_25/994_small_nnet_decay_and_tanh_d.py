"""Truth: two mistakes. tanh_d is tanh once more (of the input), not its slope, and the decay is subtracted from the
weights' gradient where its cost is added. Would you tell me why there is a minus?
"""
import numpy as np


def tanh(x):
    return np.tanh(x)


def tanh_d(x):
    e = np.exp(2 * x)
    return (e - 1) / (e + 1)


def relu(x):
    return np.maximum(0.0, x)


def relu_d(x):
    return (x >= 0) * 1.0


class Net:
    def __init__(self, sizes=(3, 8, 2), weight_decay=0.01, seed=4):
        rng = np.random.RandomState(seed)
        self.weight_decay = weight_decay
        self.W = [rng.normal(scale=0.3, size=s) for s in zip(sizes[:-1], sizes[1:])]
        self.b = [np.zeros(n) for n in sizes[1:]]

    def fprop(self, X):
        self.inputs, self.sums = [], []
        for i, (W, b) in enumerate(zip(self.W, self.b)):
            self.inputs.append(X)
            X = np.dot(X, W) + b
            self.sums.append(X)
            if i < len(self.W) - 1:
                X = tanh(X)
        return X

    def loss(self, X, Y):
        decay = 0.5 * self.weight_decay * sum(np.sum(W ** 2) for W in self.W)
        return 0.5 * np.sum((self.fprop(X) - Y) ** 2) / X.shape[0] + decay

    def bprop(self, X, Y):
        n = X.shape[0]
        grad = self.fprop(X) - Y
        self.dW, self.db = [None] * len(self.W), [None] * len(self.b)
        for i in range(len(self.W) - 1, -1, -1):
            if i < len(self.W) - 1:
                grad = grad * tanh_d(self.sums[i])
            self.dW[i] = np.dot(self.inputs[i].T, grad) / n - self.weight_decay * self.W[i]
            self.db[i] = np.mean(grad, axis=0)
            grad = np.dot(grad, self.W[i].T)

    def step(self, X, Y, rate=0.1):
        self.bprop(X, Y)
        for i in range(len(self.W)):
            self.W[i] -= rate * self.dW[i]
            self.b[i] -= rate * self.db[i]


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    X = rng.normal(size=(40, 3))
    Y = np.stack([np.sin(X[:, 0]), X[:, 1] * X[:, 2]], axis=1)
    net = Net()
    for i in range(100):
        net.step(X, Y)
    print(net.loss(X, Y), relu(X).sum(), relu_d(X).sum())
