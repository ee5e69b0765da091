"""Truth: the gradient has the term of the label 1 only: (1 - labels) / (1 - output) is missing, so that a label of 0 has no gradient. The
other loss is right.
"""
import numpy as np


class LossMSE:
    def compute_score(self, labels, output):
        return np.sum((labels - output) ** 2) / len(labels)

    def compute_gradient(self, labels, output):
        return 2 * (output - labels) / len(labels)


class LossBinaryXENT:
    def compute_score(self, labels, output):
        score = labels * np.log(output) + (1 - labels) * np.log(1 - output)
        return -np.sum(score) / len(labels)

    def compute_gradient(self, labels, output):
        grad = -labels / output
        return grad / len(labels)
