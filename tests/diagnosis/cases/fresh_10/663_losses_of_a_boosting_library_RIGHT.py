"""Truth: RIGHT, all three. 'The numerator of the binomial gradient should be y, not 2 y' was discussed: with log(1 + exp(-2 y f)) it is 2 y.
One value for each sample; labels of the binomial loss are -1 and 1.
"""
import numpy as np


class LossQuadratic:
    def loss(self, y_true, y_pred):
        return (y_true - y_pred) ** 2 / 2

    def gradient(self, y_true, y_pred):
        return y_pred - y_true


class LossAbsolute:
    def loss(self, y_true, y_pred):
        return np.abs(y_true - y_pred)

    def gradient(self, y_true, y_pred):
        return np.sign(y_pred - y_true)


class LossBinomial:
    def loss(self, y_true, y_pred):
        return np.log(1 + np.exp(-2 * y_true * y_pred))

    def gradient(self, y_true, y_pred):
        return -2 * y_true / (1 + np.exp(2 * y_true * y_pred))
