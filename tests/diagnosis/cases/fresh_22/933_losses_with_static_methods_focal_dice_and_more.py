"""Truth: the focal loss forgets that its weight depends on the prediction, and dice's slope has one denominator too few. Losses with static methods."""
import numpy as np


class FocalLoss:
    GAMMA = 2.0

    @staticmethod
    def value(p, y):
        pt = np.where(y == 1, p, 1 - p)
        return -np.mean((1 - pt) ** FocalLoss.GAMMA * np.log(pt))

    @staticmethod
    def gradient(p, y):
        g = FocalLoss.GAMMA
        pt = np.where(y == 1, p, 1 - p)
        sign = np.where(y == 1, 1.0, -1.0)
        dpt = -(1 - pt) ** g / pt
        return sign * dpt / p.size


class DiceLoss:
    SMOOTH = 1.0

    @staticmethod
    def value(p, y):
        inter = np.sum(p * y)
        union = np.sum(p) + np.sum(y)
        return 1 - (2 * inter + DiceLoss.SMOOTH) / (union + DiceLoss.SMOOTH)

    @staticmethod
    def gradient(p, y):
        top = 2 * np.sum(p * y) + DiceLoss.SMOOTH
        bottom = np.sum(p) + np.sum(y) + DiceLoss.SMOOTH
        return -(2 * y * bottom - top) / bottom


class LogCosh:
    @staticmethod
    def value(p, y):
        return np.mean(np.log(np.cosh(p - y)))

    @staticmethod
    def gradient(p, y):
        return np.tanh(p - y) / p.size


class SquaredHinge:
    """labels are -1 and 1"""

    @staticmethod
    def value(p, y):
        return np.mean(np.maximum(0, 1 - y * p) ** 2)

    @staticmethod
    def gradient(p, y):
        return -2 * y * np.maximum(0, 1 - y * p) / p.size


class KLDivergence:
    """rows of y are distributions; p holds logits"""

    @staticmethod
    def value(p, y):
        logq = p - np.log(np.exp(p).sum(axis=1, keepdims=True))
        return np.sum(y * (np.log(y) - logq)) / len(p)

    @staticmethod
    def gradient(p, y):
        q = np.exp(p) / np.exp(p).sum(axis=1, keepdims=True)
        return (q - y) / len(p)


LOSSES = {cls.__name__: cls for cls in (FocalLoss, DiceLoss, LogCosh, SquaredHinge, KLDivergence)}

if __name__ == "__main__":
    r = np.random.default_rng(0)
    prob, bits = r.uniform(0.1, 0.9, 8), r.integers(0, 2, 8)
    for name in ('FocalLoss', 'DiceLoss', 'LogCosh'):
        print(name, LOSSES[name].value(prob, bits), LOSSES[name].gradient(prob, bits))
    print(SquaredHinge.value(prob, 2 * bits - 1), SquaredHinge.gradient(prob, 2 * bits - 1))
    dist = r.dirichlet(np.ones(3), 4)
    logits = r.normal(size=(4, 3))
    print(KLDivergence.value(logits, dist), KLDivergence.gradient(logits, dist))
