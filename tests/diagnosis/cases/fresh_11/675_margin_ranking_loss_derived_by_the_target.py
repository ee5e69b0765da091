"""Truth: the derivative of -y (x1 - x2) is taken by the TARGET, x2 - x1; by x1 it is -y (and y by x2, which is the negative). The mask and
the division by the number of pairs are right.
"""
import numpy as np


class MarginRankingLoss:
    """Mean of max(0, -y (x1 - x2) + margin); y is 1 where x1 should be ranked higher, else -1."""

    def __init__(self, margin=1.0):
        self.margin = margin

    def forward(self, input1, input2, target):
        self.input1, self.input2, self.target = input1, input2, target
        return np.sum(np.maximum(0, -target * (input1 - input2) + self.margin)) / target.size

    def backward(self):
        output = -self.target * (self.input1 - self.input2) + self.margin
        output = np.where(output >= 0, 1.0, 0.0)
        output = (self.input2 - self.input1) * output / self.target.size
        return output, -output


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    loss = MarginRankingLoss()
    print(loss.forward(rng.randn(5), rng.randn(5), np.array([1, -1, 1, 1, -1])), loss.backward())
