"""Truth: one mistake, of the kind where a factor was carried to one of two terms. Losses that are called and have a method grad, after the
call; the other two are right.
"""
import numpy as np


class Loss:
    def __call__(self, pred, target):
        raise NotImplementedError

    def grad(self):
        raise NotImplementedError


class Charbonnier(Loss):
    def __init__(self, eps=1e-3):
        self.eps = eps

    def __call__(self, pred, target):
        self.diff = pred - target
        self.root = np.sqrt(self.diff ** 2 + self.eps ** 2)
        return self.root.mean()

    def grad(self):
        return self.diff / self.root / self.diff.size


class GaussianNLL(Loss):
    """ pred[:, 0] is the mean, pred[:, 1] the logarithm of the variance """

    def __call__(self, pred, target):
        self.mean, self.log_var = pred[:, 0], pred[:, 1]
        self.target = target
        sq = (target - self.mean) ** 2
        return np.mean(0.5 * (self.log_var + sq * np.exp(-self.log_var)))

    def grad(self):
        precision = np.exp(-self.log_var)
        d_mean = (self.mean - self.target) * precision
        d_log_var = 0.5 - (self.target - self.mean) ** 2 * precision
        return np.stack([d_mean, d_log_var], axis=1) / len(self.target)


class KLDivergence(Loss):
    """ KL(target || softmax(pred)), averaged over the rows """

    def __call__(self, pred, target):
        shifted = pred - pred.max(axis=1, keepdims=True)
        log_q = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        self.q, self.target = np.exp(log_q), target
        safe = np.where(target > 0, target, 1.0)
        return np.sum(target * (np.log(safe) - log_q)) / len(target)

    def grad(self):
        return (self.q * self.target.sum(axis=1, keepdims=True) - self.target) / len(self.target)


if __name__ == "__main__":
    rng = np.random.RandomState(3)
    soft = rng.dirichlet(np.ones(4), size=5)
    for loss, pred, target in ((Charbonnier(), rng.randn(6, 2), rng.randn(6, 2)),
                               (GaussianNLL(), rng.randn(6, 2), rng.randn(6)),
                               (KLDivergence(), rng.randn(5, 4), soft)):
        print(type(loss).__name__, loss(pred, target), np.abs(loss.grad()).sum())
