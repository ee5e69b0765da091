"""Truth: RIGHT. Huber's loss as a class: the mean, delta 1, the gradient from what forward kept."""
import numpy as np


class HuberLoss:
    def __init__(self, delta=1.0):
        self.delta = delta

    def forward(self, y_pred, y_true):
        self.diff = y_pred - y_true
        small = np.abs(self.diff) <= self.delta
        losses = np.where(small, 0.5 * self.diff**2, self.delta * (np.abs(self.diff) - 0.5 * self.delta))
        return losses.mean()

    def backward(self):
        return np.clip(self.diff, -self.delta, self.delta) / self.diff.size
