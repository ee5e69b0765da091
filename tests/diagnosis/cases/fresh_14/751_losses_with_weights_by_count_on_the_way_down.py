"""Truth: the weighted cross entropy is divided by the sum of the weights of the labels, its gradient by the number of the samples. The
other losses of the module are right.
"""
import numpy as np


class Loss:
    def value(self, outputs, targets):
        raise NotImplementedError

    def gradient(self, outputs, targets):
        raise NotImplementedError


class WeightedCrossEntropy(Loss):
    """Rows of scores against labels, every class with its own weight."""

    def __init__(self, class_weights=(1.0, 3.0, 0.5)):
        self.class_weights = np.asarray(class_weights)

    @staticmethod
    def _log_probabilities(outputs):
        shifted = outputs - outputs.max(axis=1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    def value(self, outputs, targets):
        logp = self._log_probabilities(outputs)[np.arange(len(targets)), targets]
        w = self.class_weights[targets]
        return -(w * logp).sum() / w.sum()

    def gradient(self, outputs, targets):
        grad = np.exp(self._log_probabilities(outputs))
        grad[np.arange(len(targets)), targets] -= 1
        w = self.class_weights[targets]
        return grad * w[:, None] / len(targets)


class SmoothL1(Loss):
    def __init__(self, beta=0.5):
        self.beta = beta

    def value(self, outputs, targets):
        r = np.abs(outputs - targets)
        return np.where(r < self.beta, 0.5 * r ** 2 / self.beta, r - 0.5 * self.beta).mean()

    def gradient(self, outputs, targets):
        r = outputs - targets
        return np.clip(r / self.beta, -1, 1) / r.size


class CosineDistance(Loss):
    """Mean over the rows of 1 - cos(output, target)."""

    def value(self, outputs, targets):
        a = outputs / np.linalg.norm(outputs, axis=1, keepdims=True)
        b = targets / np.linalg.norm(targets, axis=1, keepdims=True)
        return (1 - (a * b).sum(axis=1)).mean()

    def gradient(self, outputs, targets):
        size = np.linalg.norm(outputs, axis=1, keepdims=True)
        a = outputs / size
        b = targets / np.linalg.norm(targets, axis=1, keepdims=True)
        cos = (a * b).sum(axis=1, keepdims=True)
        return (cos * a - b) / size / len(outputs)
