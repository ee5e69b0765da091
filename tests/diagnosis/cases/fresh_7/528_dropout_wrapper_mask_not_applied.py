"""Truth: on the way back the gradient is divided by the share that is kept, but the mask is not applied."""
import numpy as np


class DropoutLayer:
    """handnn: layer, input_shape=(5,)"""

    def __init__(self, p=0.4):
        self.p = p
        self.mask = None
        self.training = True

    def forward(self, X):
        scaler = 1.0
        self.mask = np.ones(X.shape).astype(bool)
        if self.training:
            scaler = 1.0 / (1.0 - self.p)
            self.mask = np.random.rand(*X.shape) >= self.p
        return scaler * self.mask * X

    def backward(self, dLdy):
        dLdy *= 1.0 / (1.0 - self.p)
        return dLdy
