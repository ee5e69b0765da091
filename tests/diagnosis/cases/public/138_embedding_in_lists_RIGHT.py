"""Truth: RIGHT. The gradient is set to 0 in place (dW[...] = 0) in the list that the optimizer holds, then np.add.at
adds the rows; 'it returns None instead of a gradient' was reported: integers have none.
"""
import numpy as np


class Embedding:
    """handnn: layer Embedding(6, 3)"""

    def __init__(self, W=None):
        if W is None:
            W = np.random.RandomState(0).randn(6, 3)
        self.params = [W]
        self.grads = [np.zeros_like(W)]
        self.idx = None

    def forward(self, idx):
        self.idx = idx
        return self.params[0][idx]

    def backward(self, dout):
        dW = self.grads[0]
        dW[...] = 0
        np.add.at(dW, self.idx, dout)
