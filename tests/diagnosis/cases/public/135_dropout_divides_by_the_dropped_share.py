"""Truth: the FORWARD pass is wrong: what is left is divided by rate, the share that is dropped; 1 - rate belongs there
(here 2.3 times too large in the mean). The backward pass is consistent with it.
"""
import numpy as np


class BernoulliDropout:
    """handnn: layer Dropout(0.3), input_shape=(6,)"""

    def __init__(self, rate=0.3, seed=None):
        self.rate = rate
        self.rng = np.random.RandomState(seed)

    def forward(self, x, training=True):
        if not training:
            self.noise = np.ones_like(x)
            return x
        keep = self.rng.uniform(size=x.shape) >= self.rate
        self.noise = keep / self.rate
        return x * self.noise

    def backward(self, delta):
        return delta * self.noise
