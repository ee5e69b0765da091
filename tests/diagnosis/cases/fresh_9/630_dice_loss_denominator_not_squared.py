"""Truth: quotient rule: the second term of the derivative must be divided by the SQUARE of the sum. Losses of probabilities."""
import numpy as np


class DiceLoss:
    def __init__(self, smooth=1.0):
        self.smooth = smooth

    def forward(self, y_pred, y_true):
        self.y_pred, self.y_true = y_pred, y_true
        self.overlap = 2.0 * np.sum(y_pred * y_true) + self.smooth
        self.total = np.sum(y_pred) + np.sum(y_true) + self.smooth
        return 1.0 - self.overlap / self.total

    def backward(self):
        return -(2.0 * self.y_true / self.total - self.overlap / self.total)
