"""Networks as classes. All are right; those that say no loss mean half the squared error, or cross-entropy."""
# ruff: noqa (code as people write it)

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, weight_init_std=0.5):
        self.params = {
            "W1": weight_init_std * np.random.randn(input_size, hidden_size),
            "b1": np.zeros(hidden_size),
            "W2": weight_init_std * np.random.randn(hidden_size, output_size),
            "b2": np.zeros(output_size),
        }

    def predict(self, x):
        a = sigmoid(x @ self.params["W1"] + self.params["b1"]) @ self.params["W2"] + self.params["b2"]
        e = np.exp(a)
        return e / e.sum(axis=1, keepdims=True)

    def loss(self, x, t):
        return -np.sum(t * np.log(self.predict(x))) / x.shape[0]

    def accuracy(self, x, t):
        return np.mean(self.predict(x).argmax(1) == t.argmax(1))

    def gradient(self, x, t):
        W2 = self.params["W2"]
        z1 = sigmoid(x @ self.params["W1"] + self.params["b1"])
        dy = (self.predict(x) - t) / x.shape[0]
        da1 = z1 * (1 - z1) * (dy @ W2.T)
        return {"W1": x.T @ da1, "b1": da1.sum(axis=0), "W2": z1.T @ dy, "b2": dy.sum(axis=0)}


class NetWithLossAndGrads:
    def __init__(self, input_dim, hidden_dim, num_classes, reg=0.1):
        rng = np.random.default_rng(0)
        self.reg = reg
        self.params = {"W1": rng.normal(size=(input_dim, hidden_dim)), "b1": np.zeros(hidden_dim)}
        self.params |= {"W2": rng.normal(size=(hidden_dim, num_classes)), "b2": np.zeros(num_classes)}

    def loss(self, X, y=None):
        p, n = self.params, X.shape[0]
        h = np.maximum(0, X @ p["W1"] + p["b1"])
        scores = h @ p["W2"] + p["b2"]
        if y is None:
            return scores
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        probs = e / e.sum(axis=1, keepdims=True)
        loss = -np.log(probs[np.arange(n), y]).mean() + 0.5 * self.reg * (np.sum(p["W1"] ** 2) + np.sum(p["W2"] ** 2))
        d = probs
        d[np.arange(n), y] -= 1
        d /= n
        dh = d @ p["W2"].T * (h > 0)
        grads = {"W2": h.T @ d + self.reg * p["W2"], "b2": d.sum(0), "W1": X.T @ dh + self.reg * p["W1"], "b1": dh.sum(0)}
        return loss, grads


class Network:
    """One sample as a column at a time; lists of weights and biases; backprop returns (nabla_b, nabla_w)."""

    def __init__(self, sizes):
        self.num_layers = len(sizes)
        self.biases = [np.random.randn(y, 1) for y in sizes[1:]]
        self.weights = [np.random.randn(y, x) for x, y in zip(sizes[:-1], sizes[1:])]

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(w @ a + b)
        return a

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activation, activations = x, [x]
        for b, w in zip(self.biases, self.weights):
            activation = sigmoid(w @ activation + b)
            activations.append(activation)
        delta = (activations[-1] - y) * activations[-1] * (1 - activations[-1])
        nabla_b[-1], nabla_w[-1] = delta, delta @ activations[-2].T
        for l in range(2, self.num_layers):
            a = activations[-l]
            delta = self.weights[-l + 1].T @ delta * a * (1 - a)
            nabla_b[-l], nabla_w[-l] = delta, delta @ activations[-l - 1].T
        return nabla_b, nabla_w


class NeuralNetwork:
    """forward(X), then backward(X, y, output) that adds the step."""

    def __init__(self):
        self.W1 = np.random.randn(2, 3)
        self.W2 = np.random.randn(3, 1)

    def forward(self, X):
        self.z2 = sigmoid(X @ self.W1)
        return sigmoid(self.z2 @ self.W2)

    def backward(self, X, y, o):
        self.o_delta = (y - o) * o * (1 - o)
        self.z2_delta = self.o_delta @ self.W2.T * self.z2 * (1 - self.z2)
        self.W1 += X.T @ self.z2_delta
        self.W2 += self.z2.T @ self.o_delta

    def train(self, X, y):
        self.backward(X, y, self.forward(X))


class LogisticRegression:
    """fit makes steps in a loop; the loss is printed only."""

    def __init__(self, n_features, learning_rate=0.1):
        self.w, self.b, self.learning_rate = np.zeros((n_features, 1)), np.zeros(1), learning_rate

    def fit(self, X, y, epochs=100):
        for _ in range(epochs):
            a = sigmoid(X @ self.w + self.b)
            loss = -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))
            dw = X.T @ (a - y) / len(X)
            db = np.mean(a - y, axis=0)
            self.w = self.w - self.learning_rate * dw
            self.b = self.b - self.learning_rate * db
            print(loss)


class ListsOfSamples:
    """Takes lists, makes columns of them, keeps its rate: a network of a well-known book."""

    def __init__(self, inputnodes, hiddennodes, outputnodes, learningrate):
        self.wih = np.random.normal(0.0, 0.5, (hiddennodes, inputnodes))
        self.who = np.random.normal(0.0, 0.5, (outputnodes, hiddennodes))
        self.lr = learningrate
        self.activation_function = lambda x: sigmoid(x)

    def train(self, inputs_list, targets_list):
        inputs = np.array(inputs_list, ndmin=2).T
        targets = np.array(targets_list, ndmin=2).T
        hidden_outputs = self.activation_function(self.wih @ inputs)
        final_outputs = self.activation_function(self.who @ hidden_outputs)
        output_errors = targets - final_outputs
        hidden_errors = self.who.T @ (output_errors * final_outputs * (1 - final_outputs))
        self.who += self.lr * np.dot(output_errors * final_outputs * (1 - final_outputs), hidden_outputs.T)
        self.wih += self.lr * np.dot(hidden_errors * hidden_outputs * (1 - hidden_outputs), inputs.T)
