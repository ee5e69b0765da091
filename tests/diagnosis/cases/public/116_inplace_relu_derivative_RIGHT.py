"""Truth: RIGHT. `delta[Z == 0] = 0` was reported ('should be Z <= 0'): Z is the OUTPUT of relu. Deltas are changed in
place, coefficients and gradients are lists, the penalty alpha / 2 |W|^2 / n is in the loss and in the gradients.
"""
import numpy as np


def inplace_relu(X):
    np.maximum(X, 0, out=X)


def inplace_relu_derivative(Z, delta):
    delta[Z == 0] = 0


class MLP:
    """handnn: network 4-5-3 relu softmax categorical_crossentropy"""

    def __init__(self, hidden=5, n_in=4, n_out=3, alpha=0.0):
        rng = np.random.RandomState(0)
        self.coefs_ = [rng.randn(n_in, hidden), rng.randn(hidden, n_out)]
        self.intercepts_ = [np.zeros(hidden), np.zeros(n_out)]
        self.n_layers_ = 3
        self.alpha = alpha

    def _forward_pass(self, activations):
        for i in range(self.n_layers_ - 1):
            activations.append(np.dot(activations[i], self.coefs_[i]) + self.intercepts_[i])
            if i + 1 != self.n_layers_ - 1:
                inplace_relu(activations[i + 1])
        out = activations[-1]
        out -= out.max(axis=1)[:, np.newaxis]
        np.exp(out, out=out)
        out /= out.sum(axis=1)[:, np.newaxis]
        return activations

    def _backprop(self, X, y):
        n_samples = X.shape[0]
        activations = self._forward_pass([X])
        loss = -(y * np.log(activations[-1])).sum() / n_samples
        loss += 0.5 * self.alpha * sum(np.dot(s.ravel(), s.ravel()) for s in self.coefs_) / n_samples
        deltas = [None] * (self.n_layers_ - 1)
        coef_grads, intercept_grads = [None] * (self.n_layers_ - 1), [None] * (self.n_layers_ - 1)
        last = self.n_layers_ - 2
        deltas[last] = activations[-1] - y
        for i in range(last, -1, -1):
            coef_grads[i] = (np.dot(activations[i].T, deltas[i]) + self.alpha * self.coefs_[i]) / n_samples
            intercept_grads[i] = np.mean(deltas[i], 0)
            if i > 0:
                deltas[i - 1] = np.dot(deltas[i], self.coefs_[i].T)
                inplace_relu_derivative(activations[i], deltas[i - 1])
        return loss, coef_grads, intercept_grads
