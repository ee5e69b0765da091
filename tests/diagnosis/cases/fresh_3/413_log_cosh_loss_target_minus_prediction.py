"""Truth: the derivative is tanh(y_pred - y_true) / N; the difference is the wrong way round."""
import numpy as np


class LogCoshLoss:
    def forward(self, y_pred, y_true):
        self.y_pred, self.y_true = y_pred, y_true
        diff = y_pred - y_true
        return np.sum(np.log(np.cosh(diff))) / len(y_pred)

    def backward(self):
        return np.tanh(self.y_true - self.y_pred) / len(self.y_pred)
