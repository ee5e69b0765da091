"""Truth: sigmoid_prime applies the sigmoid to activations, which are sigmoids already. The example learns XOR with tanh,
whose derivative is written for the output; with 'sigmoid' everything stays at 0.5. Why?
"""
import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def sigmoid_prime(x):
    return sigmoid(x) * (1.0 - sigmoid(x))


class NeuralNetwork:
    def __init__(self, layers, seed=0):
        self.activation = sigmoid
        self.activation_prime = sigmoid_prime
        rng = np.random.RandomState(seed)
        self.weights = []
        for i in range(1, len(layers) - 1):
            self.weights.append(2 * rng.rand(layers[i - 1] + 1, layers[i] + 1) - 1)
        self.weights.append(2 * rng.rand(layers[-2] + 1, layers[-1]) - 1)

    def fit(self, X, y, learning_rate=0.2, epochs=1000):
        X = np.c_[np.ones(len(X)), X]
        for k in range(epochs):
            i = np.random.randint(X.shape[0])
            a = [X[i]]
            for l in range(len(self.weights)):
                a.append(self.activation(np.dot(a[l], self.weights[l])))

            error = y[i] - a[-1]
            deltas = [error * self.activation_prime(a[-1])]
            for l in range(len(a) - 2, 0, -1):
                deltas.append(deltas[-1].dot(self.weights[l].T) * self.activation_prime(a[l]))
            deltas.reverse()

            for i in range(len(self.weights)):
                layer = np.atleast_2d(a[i])
                delta = np.atleast_2d(deltas[i])
                self.weights[i] += learning_rate * layer.T.dot(delta)

    def predict(self, x):
        a = np.concatenate((np.ones(1), np.array(x)))
        for w in self.weights:
            a = self.activation(np.dot(a, w))
        return a


if __name__ == "__main__":
    nn = NeuralNetwork([2, 2, 1])
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    y = np.array([0, 1, 1, 0])
    nn.fit(X, y)
    for e in X:
        print(e, nn.predict(e))
