"""Truth: RIGHT. 'Shouldn't the output delta be multiplied by the sigmoid's derivative?' was asked: not with the
logistic cost. Names as in the book: delta_out is (samples, classes), one hidden layer, bias vectors.
"""
import numpy as np


class NeuralNetMLP:
    def __init__(self, n_features, n_hidden, n_output, seed=None):
        self.random = np.random.RandomState(seed)
        self.b_h = np.zeros(n_hidden)
        self.w_h = self.random.normal(loc=0.0, scale=0.1, size=(n_features, n_hidden))
        self.b_out = np.zeros(n_output)
        self.w_out = self.random.normal(loc=0.0, scale=0.1, size=(n_hidden, n_output))

    def _sigmoid(self, z):
        return 1.0 / (1.0 + np.exp(-np.clip(z, -250, 250)))

    def _forward(self, X):
        z_h = np.dot(X, self.w_h) + self.b_h
        a_h = self._sigmoid(z_h)
        z_out = np.dot(a_h, self.w_out) + self.b_out
        return z_h, a_h, z_out, self._sigmoid(z_out)

    def _compute_cost(self, y_enc, output):
        term1 = -y_enc * np.log(output)
        term2 = (1.0 - y_enc) * np.log(1.0 - output)
        return np.sum(term1 - term2)

    def _backward(self, X, y_enc):
        z_h, a_h, z_out, a_out = self._forward(X)
        delta_out = a_out - y_enc
        sigmoid_derivative_h = a_h * (1.0 - a_h)
        delta_h = np.dot(delta_out, self.w_out.T) * sigmoid_derivative_h
        grad_w_h = np.dot(X.T, delta_h)
        grad_b_h = np.sum(delta_h, axis=0)
        grad_w_out = np.dot(a_h.T, delta_out)
        grad_b_out = np.sum(delta_out, axis=0)
        return grad_w_h, grad_b_h, grad_w_out, grad_b_out
