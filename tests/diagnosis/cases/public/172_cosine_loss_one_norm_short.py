"""Truth: in the second term the cosine is multiplied by p / |p|; it must be p / |p|^2 (or the unit vector divided by
|p| once more). The first term is right; the mistake cannot be seen for predictions of length 1.
"""
import numpy as np


class CosineLoss:
    """handnn: loss"""

    def __call__(self, pred, target):
        self.pred, self.target = pred, target
        self.np_, self.nt = np.linalg.norm(pred, axis=1, keepdims=True), np.linalg.norm(target, axis=1, keepdims=True)
        self.cos = np.sum(pred * target, axis=1, keepdims=True) / (self.np_ * self.nt)
        return np.mean(1 - self.cos)

    def grad(self):
        n = self.pred.shape[0]
        first = self.target / (self.np_ * self.nt)
        second = self.cos * self.pred / self.np_
        return -(first - second) / n
