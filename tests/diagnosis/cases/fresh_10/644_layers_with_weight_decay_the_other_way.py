"""Truth: the loss adds half weight_decay times the squares; Linear.bprop subtracts weight_decay * W where it must be added. The gradient
of the loss is handed down undivided, each Linear divides by the number of samples.
"""
import numpy as np


def tanh_d(x):
    return 1 - np.tanh(x) ** 2


class Linear:
    def __init__(self, n_in, n_out, weight_scale=0.5, weight_decay=0.05):
        self.W = np.random.normal(size=(n_in, n_out), scale=weight_scale)
        self.b = np.zeros(n_out)
        self.weight_decay = weight_decay

    def fprop(self, input):
        self.last_input = input
        return np.dot(input, self.W) + self.b

    def bprop(self, output_grad):
        n = output_grad.shape[0]
        self.dW = np.dot(self.last_input.T, output_grad) / n - self.weight_decay * self.W
        self.db = np.mean(output_grad, axis=0)
        return np.dot(output_grad, self.W.T)


class Tanh:
    def fprop(self, input):
        self.last_input = input
        return np.tanh(input)

    def bprop(self, output_grad):
        return output_grad * tanh_d(self.last_input)


class NeuralNetwork:
    def __init__(self, n_in=4, n_hidden=6, n_out=3):
        self.layers = [Linear(n_in, n_hidden), Tanh(), Linear(n_hidden, n_out)]

    def fprop(self, X):
        for layer in self.layers:
            X = layer.fprop(X)
        e = np.exp(X - np.max(X, axis=1, keepdims=True))
        return e / np.sum(e, axis=1, keepdims=True)

    def loss(self, X, Y):
        self.Y_pred = self.fprop(X)
        loss = -np.mean(np.sum(Y * np.log(self.Y_pred), axis=1))
        for layer in self.layers:
            if isinstance(layer, Linear):
                loss += 0.5 * layer.weight_decay * np.sum(layer.W**2)
        return loss

    def bprop(self, Y):
        grad = self.Y_pred - Y
        for layer in reversed(self.layers):
            grad = layer.bprop(grad)

    def update(self, learning_rate=0.1):
        for layer in self.layers:
            if isinstance(layer, Linear):
                layer.W -= learning_rate * layer.dW
                layer.b -= learning_rate * layer.db
