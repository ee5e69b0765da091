"""Truth: RIGHT. 'The square is applied after the maximum': that is meant. Margin 1, distances of pairs; the derivative is by
the distance.
"""
import numpy as np


class ContrastiveLoss:
    def __init__(self, margin=1.0):
        self.margin = margin

    def forward(self, distance, label):
        """label: 1 for pairs that belong together."""
        self.distance, self.label = distance, label
        apart = np.maximum(self.margin - distance, 0)
        return np.mean(label * distance**2 + (1 - label) * apart**2) / 2

    def backward(self):
        apart = np.maximum(self.margin - self.distance, 0)
        return (self.label * self.distance - (1 - self.label) * apart) / self.distance.size
