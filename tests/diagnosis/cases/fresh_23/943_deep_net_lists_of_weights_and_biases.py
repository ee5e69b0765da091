"""Truth: the slope of a hidden sigmoid is taken at its output instead of at z."""
import random
import numpy as np


class Network(object):
    """sizes = [3, 5, 5, 2] gives two hidden layers of five neurons."""

    def __init__(self, sizes):
        self.num_layers = len(sizes)
        self.sizes = sizes
        self.biases = [np.random.randn(k, 1) for k in sizes[1:]]
        self.weights = [np.random.randn(k, j) / np.sqrt(j) for j, k in zip(sizes[:-1], sizes[1:])]

    def feedforward(self, a):
        for w, b in zip(self.weights, self.biases):
            a = sigmoid(w.dot(a) + b)
        return a

    def cost(self, x, y):
        return 0.5 * np.sum((self.feedforward(x) - y) ** 2)

    def backprop(self, x, y):
        nabla_w = [None] * len(self.weights)
        nabla_b = [None] * len(self.biases)
        activation = x
        activations = [x]
        zs = []
        for w, b in zip(self.weights, self.biases):
            z = w.dot(activation) + b
            zs.append(z)
            activation = sigmoid(z)
            activations.append(activation)

        last = len(self.weights) - 1
        delta = (activations[-1] - y) * sigmoid_prime(zs[-1])
        nabla_w[last] = delta.dot(activations[-2].T)
        nabla_b[last] = delta
        for k in range(last - 1, -1, -1):
            sp = sigmoid_prime(activations[k + 1])
            delta = self.weights[k + 1].T.dot(delta) * sp
            nabla_w[k] = delta.dot(activations[k].T)
            nabla_b[k] = delta
        return nabla_w, nabla_b

    def update_mini_batch(self, batch, eta):
        sum_w = [np.zeros(w.shape) for w in self.weights]
        sum_b = [np.zeros(b.shape) for b in self.biases]
        for x, y in batch:
            nw, nb = self.backprop(x, y)
            sum_w = [s + d for s, d in zip(sum_w, nw)]
            sum_b = [s + d for s, d in zip(sum_b, nb)]
        self.weights = [w - eta / len(batch) * s for w, s in zip(self.weights, sum_w)]
        self.biases = [b - eta / len(batch) * s for b, s in zip(self.biases, sum_b)]

    def SGD(self, data, epochs, size, eta):
        for _ in range(epochs):
            random.shuffle(data)
            for k in range(0, len(data), size):
                self.update_mini_batch(data[k:k + size], eta)


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


def main():
    random.seed(0)
    np.random.seed(0)
    data = []
    for _ in range(40):
        x = np.random.randn(3, 1)
        y = np.array([[1.0], [0.0]]) if x.sum() > 0 else np.array([[0.0], [1.0]])
        data.append((x, y))
    net = Network([3, 5, 5, 2])
    net.SGD(data, 15, 8, 2.0)
    print(sum(net.cost(x, y) for x, y in data) / len(data))


main()
