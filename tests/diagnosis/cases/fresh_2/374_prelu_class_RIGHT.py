"""Truth: RIGHT. PReLU with a slope for each feature; the layer updates its slopes itself."""
import numpy as np


class PReLU:
    """handnn: layer, input_shape=(3,)"""

    def __init__(self, features=3):
        self.alpha = np.full(features, 0.25)

    def forward(self, x):
        self.x = x
        return np.maximum(x, 0) + self.alpha * np.minimum(x, 0)

    def backward(self, dout, lr=0.01):
        dalpha = np.sum(dout * np.minimum(self.x, 0), axis=0)
        dx = dout * np.where(self.x > 0, 1, self.alpha)
        self.alpha = self.alpha - lr * dalpha
        return dx
