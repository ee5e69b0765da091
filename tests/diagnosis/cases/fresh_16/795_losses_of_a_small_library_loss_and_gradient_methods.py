"""Truth: one of the four. Classes with loss and gradient of targets and predictions, number by number, no mean; clipped where a
logarithm is taken.
"""
import numpy as np

TINY = 1e-12


class Objective(object):
    name = None

    def loss(self, target, guess):
        raise NotImplementedError

    def gradient(self, target, guess):
        raise NotImplementedError

    def __repr__(self):
        return "<objective %s>" % self.name


class HalfSquares(Objective):
    name = "squares"

    def loss(self, target, guess):
        return 0.5 * (target - guess) ** 2

    def gradient(self, target, guess):
        return -(target - guess)


class BernoulliLogLoss(Objective):
    name = "bernoulli"

    def loss(self, target, guess):
        guess = np.clip(guess, TINY, 1 - TINY)
        return -target * np.log(guess) - (1 - target) * np.log(1 - guess)

    def gradient(self, target, guess):
        guess = np.clip(guess, TINY, 1 - TINY)
        return -(target / guess) - (1 - target) / (1 - guess)


class MarginLogLoss(Objective):
    """Targets -1 and 1, scores of any size."""
    name = "logistic"

    def loss(self, target, guess):
        return np.log(1 + np.exp(-target * guess))

    def gradient(self, target, guess):
        return -target / (1 + np.exp(target * guess))


class BoostLoss(Objective):
    name = "exponential"

    def loss(self, target, guess):
        return np.exp(-target * guess)

    def gradient(self, target, guess):
        return -target * self.loss(target, guess)


if __name__ == "__main__":
    chances = np.array([[0.3, 0.6], [0.8, 0.1]])
    truth = np.array([[0.0, 1.0], [1.0, 0.0]])
    for objective in (HalfSquares(), BernoulliLogLoss()):
        print(objective, objective.loss(truth, chances).sum(), objective.gradient(truth, chances).ravel())
    signs, scores = np.array([1.0, -1.0, 1.0]), np.array([0.4, 0.3, -2.0])
    for objective in (MarginLogLoss(), BoostLoss()):
        print(objective, objective.loss(signs, scores).sum(), objective.gradient(signs, scores))
