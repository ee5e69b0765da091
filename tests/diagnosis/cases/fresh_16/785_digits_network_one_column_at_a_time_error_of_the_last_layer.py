"""Truth: the error of the last layer, and the cost it is the error of. A class with lists of matrices, one column at a time, the two
lists of gradients added over a mini-batch.
"""
import numpy as np


def squash(z):
    return 1.0 / (1.0 + np.exp(-z))


def squash_prime(z):
    s = squash(z)
    return s * (1 - s)


class DigitNet(object):

    def __init__(self, widths, rng):
        self.widths = widths
        self.depth = len(widths) - 1
        self.weights, self.biases = [], []
        for fan_in, fan_out in zip(widths, widths[1:]):
            self.weights.append(rng.normal(0, fan_in ** -0.5, (fan_out, fan_in)))
            self.biases.append(rng.normal(0, 1, (fan_out, 1)))

    def predict(self, column):
        for w, b in zip(self.weights, self.biases):
            column = squash(np.dot(w, column) + b)
        return column

    def cost(self, x, y):
        """Cross-entropy of ten yes-or-no answers for one example."""
        a = self.predict(x)
        return -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))

    def backprop(self, x, y):
        """Gradients of the cost of one example, layer by layer, as two lists."""
        nabla_b = [None] * self.depth
        nabla_w = [None] * self.depth
        sums, outputs = [], [x]
        for w, b in zip(self.weights, self.biases):
            sums.append(np.dot(w, outputs[-1]) + b)
            outputs.append(squash(sums[-1]))
        delta = (outputs[-1] - y) * squash_prime(sums[-1])
        for k in range(1, self.depth + 1):
            if k > 1:
                delta = np.dot(self.weights[-k + 1].T, delta) * squash_prime(sums[-k])
            nabla_b[-k] = delta
            nabla_w[-k] = np.dot(delta, outputs[-k - 1].T)
        return nabla_b, nabla_w

    def learn(self, batch, eta):
        share = eta / len(batch)
        total_b = [np.zeros_like(b) for b in self.biases]
        total_w = [np.zeros_like(w) for w in self.weights]
        for x, y in batch:
            nabla_b, nabla_w = self.backprop(x, y)
            for k in range(self.depth):
                total_b[k] += nabla_b[k]
                total_w[k] += nabla_w[k]
        for k in range(self.depth):
            self.biases[k] -= share * total_b[k]
            self.weights[k] -= share * total_w[k]


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    examples = [(rng.random((64, 1)), np.eye(10)[:, [k % 10]]) for k in range(20)]
    net = DigitNet([64, 12, 10], rng)
    for epoch in range(10):
        rng.shuffle(examples)
        for start in range(0, 20, 5):
            net.learn(examples[start:start + 5], 1.0)
        print(epoch, np.mean([net.cost(x, y) for x, y in examples]))
