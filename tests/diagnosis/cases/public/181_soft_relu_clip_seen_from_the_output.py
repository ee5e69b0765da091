"""Truth: where the input was clipped the gradient is 0, but backward looks for that in the OUTPUT: log(1 + e^x) is
never below 0, so the lower limit never bites, and the upper one cuts too early or too late. It must compare the
input.
"""
import numpy as np


class SoftRelu:
    """handnn: layer, input_shape=(8,)"""

    def __init__(self, threshold=1.5):
        self.threshold = threshold

    def forward(self, x):
        self.x = x
        temp = np.clip(x, -self.threshold, self.threshold)
        self.out = np.log(1 + np.exp(temp))
        return self.out

    def backward(self, dout):
        tmp = self.threshold
        temp = ((self.out > -tmp) & (self.out < tmp)).astype(float)
        return dout * (1 - np.exp(-self.out)) * temp
