"""Truth: RIGHT. 'By p it should be -a, and by n it should be a' was reported: that is so only for vectors of length 1; p - a and a - n are
right. A criterion with updateOutput and updateGradInput, mean over the triplets of squared distances.
"""
import numpy as np


class TripletEmbeddingCriterion:
    def __init__(self, alpha=0.2):
        self.alpha = alpha
        self.Li = None
        self.gradInput = []

    def updateOutput(self, input):
        """Input: a list of anchors, positives and negatives, (N, width) each."""
        a, p, n = input
        N = a.shape[0]
        self.Li = np.maximum(0, np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + self.alpha)
        self.output = np.sum(self.Li) / N
        return self.output

    def updateGradInput(self, input):
        a, p, n = input
        N = a.shape[0]
        counts = (self.Li > 0)[:, None] * 2 / N
        self.gradInput = [(n - p) * counts, (p - a) * counts, (a - n) * counts]
        return self.gradInput


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    batch = [rng.randn(5, 3) for _ in range(3)]
    criterion = TripletEmbeddingCriterion()
    print(criterion.updateOutput(batch), criterion.updateGradInput(batch)[0])
