"""Truth: the loss averages the squared errors over samples AND outputs, the last delta is out - y as if it were
summed over the outputs: the data's gradient is K times that of the loss, while the penalty's (alpha) is right.
Either the delta must be divided by the number of outputs or the loss must sum over them.
"""
import numpy as np


class MLPRegressor:
    def __init__(self, hidden_layer_sizes=(5,), alpha=0.1, n_features=4, n_outputs=3):
        sizes = [n_features, *hidden_layer_sizes, n_outputs]
        rng = np.random.RandomState(1)
        self.alpha = alpha
        self.coefs_ = [rng.randn(a, b) for a, b in zip(sizes[:-1], sizes[1:])]
        self.intercepts_ = [rng.randn(b) for b in sizes[1:]]

    def _forward_pass(self, X):
        activations = [X]
        for i, (coef, intercept) in enumerate(zip(self.coefs_, self.intercepts_)):
            Z = np.dot(activations[i], coef) + intercept
            activations.append(np.tanh(Z) if i + 1 < len(self.coefs_) else Z)
        return activations

    def _compute_loss_grad(self, layer, n_samples, activations, deltas, coef_grads, intercept_grads):
        coef_grads[layer] = (np.dot(activations[layer].T, deltas[layer]) + self.alpha * self.coefs_[layer]) / n_samples
        intercept_grads[layer] = np.mean(deltas[layer], 0)

    def loss_grad(self, X, y):
        n_samples, n = X.shape[0], len(self.coefs_)
        activations = self._forward_pass(X)
        loss = ((y - activations[-1]) ** 2).mean() / 2
        loss += 0.5 * self.alpha * sum((s**2).sum() for s in self.coefs_) / n_samples
        deltas, coef_grads, intercept_grads = [None] * n, [None] * n, [None] * n
        deltas[-1] = activations[-1] - y
        self._compute_loss_grad(n - 1, n_samples, activations, deltas, coef_grads, intercept_grads)
        for i in range(n - 1, 0, -1):
            deltas[i - 1] = np.dot(deltas[i], self.coefs_[i].T) * (1 - activations[i] ** 2)
            self._compute_loss_grad(i - 1, n_samples, activations, deltas, coef_grads, intercept_grads)
        return loss, coef_grads, intercept_grads
