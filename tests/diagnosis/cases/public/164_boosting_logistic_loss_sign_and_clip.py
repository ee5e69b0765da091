"""Truth: two mistakes in the value. Its sign: y log p + (1 - y) log(1 - p) lacks the minus (the gradient -(y - p) is
that of the loss with it). And the LOGITS are clipped to (0, 1) as if they were probabilities: the clip belongs
around p.
"""
import numpy as np


class Sigmoid:
    def __call__(self, x):
        return 1 / (1 + np.exp(-x))

    def gradient(self, x):
        return self.__call__(x) * (1 - self.__call__(x))


class LogisticLoss:
    """handnn: loss binary_crossentropy, from_logits=True"""

    def __init__(self):
        sigmoid = Sigmoid()
        self.log_func = sigmoid
        self.log_grad = sigmoid.gradient

    def loss(self, y, y_pred):
        y_pred = np.clip(y_pred, 1e-15, 1 - 1e-15)
        p = self.log_func(y_pred)
        return y * np.log(p) + (1 - y) * np.log(1 - p)

    def gradient(self, y, y_pred):
        p = self.log_func(y_pred)
        return -(y - p)
