"""Truth: the averages are MULTIPLIED by 1 - beta**k; they must be divided by it (both lines). Element by element over
lists of arrays, as the trainer of a library for browsers does it.
"""
import math

import numpy as np


class Trainer:
    """handnn: optimizer adam, learning_rate=0.01, epsilon=1e-8"""

    def __init__(self, learning_rate=0.01, beta1=0.9, beta2=0.999, eps=1e-8):
        self.learning_rate, self.beta1, self.beta2, self.eps = learning_rate, beta1, beta2, eps
        self.k = 0
        self.gsum = []
        self.xsum = []

    def train(self, pglist):
        """pglist: pairs (parameters, gradients), changed in place."""
        self.k += 1
        if not self.gsum:
            for p, g in pglist:
                self.gsum.append(np.zeros(p.size))
                self.xsum.append(np.zeros(p.size))
        for i, (p, g) in enumerate(pglist):
            gsumi, xsumi = self.gsum[i], self.xsum[i]
            for j in range(p.size):
                gij = g.flat[j]
                gsumi[j] = gsumi[j] * self.beta1 + (1 - self.beta1) * gij
                xsumi[j] = xsumi[j] * self.beta2 + (1 - self.beta2) * gij * gij
                biasCorr1 = gsumi[j] * (1 - math.pow(self.beta1, self.k))
                biasCorr2 = xsumi[j] * (1 - math.pow(self.beta2, self.k))
                dx = -self.learning_rate * biasCorr1 / (math.sqrt(biasCorr2) + self.eps)
                p.flat[j] += dx
