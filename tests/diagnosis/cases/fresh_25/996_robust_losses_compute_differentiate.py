"""Truth: two mistakes. The pseudo-Huber derivative lacks the factor alpha, the modified Huber's middle piece the factor 2.
The tests pass, all with alpha = 1 - are these right?
"""
import numpy as np


class PseudoHuber:
    def __init__(self, alpha=0.6):
        self.alpha = alpha

    def compute(self, output, target):
        e = output - target
        return np.mean(self.alpha ** 2 * (np.sqrt(1.0 + (e / self.alpha) ** 2) - 1.0))

    def differentiate(self, output, target):
        e = output - target
        return e / np.sqrt(e ** 2 + self.alpha ** 2) / e.size


class Huber:
    def __init__(self, delta=0.8):
        self.delta = delta

    def compute(self, output, target):
        e = np.abs(output - target)
        small = np.minimum(e, self.delta)
        return np.mean(0.5 * small ** 2 + self.delta * (e - small))

    def differentiate(self, output, target):
        return np.clip(output - target, -self.delta, self.delta) / output.size


class ModifiedHuber:
    """labels are -1 and +1"""

    def compute(self, output, target):
        margin = output * target
        middle = np.maximum(0.0, 1.0 - margin) ** 2
        return np.mean(np.where(margin < -1.0, -4.0 * margin, middle))

    def differentiate(self, output, target):
        margin = output * target
        middle = np.where(margin < 1.0, margin * target - target, 0.0)
        return np.where(margin < -1.0, -4.0 * target, middle) / output.size


class LogCosh:
    def compute(self, output, target):
        return np.mean(np.log(np.cosh(output - target)))

    def differentiate(self, output, target):
        return np.tanh(output - target) / output.size


if __name__ == "__main__":
    rng = np.random.default_rng(2)
    output, target = rng.normal(0, 1.5, (6, 3)), rng.normal(0, 1.5, (6, 3))
    labels = np.where(target > 0, 1.0, -1.0)
    print(PseudoHuber().compute(output, target), PseudoHuber().differentiate(output, target)[0])
    print(Huber().compute(output, target), Huber().differentiate(output, target)[0])
    print(ModifiedHuber().compute(output, labels), ModifiedHuber().differentiate(output, labels)[0])
    print(LogCosh().compute(output, target), LogCosh().differentiate(output, target)[0])
