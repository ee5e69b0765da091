"""Truth: RIGHT. 'The gradients grow from call to call' was reported: that is what zeroGradParameters is for. Kernel as
(outputs, inputs).
"""
import numpy as np


class Linear:
    def __init__(self, n_in=4, n_out=3):
        stdv = 1.0 / np.sqrt(n_in)
        self.W = np.random.uniform(-stdv, stdv, size=(n_out, n_in))
        self.b = np.random.uniform(-stdv, stdv, size=n_out)
        self.gradW = np.zeros_like(self.W)
        self.gradb = np.zeros_like(self.b)

    def forward(self, input):
        self.output = np.dot(input, self.W.T) + self.b
        return self.output

    def backward(self, input, gradOutput):
        self.gradInput = np.dot(gradOutput, self.W)
        self.gradW += np.dot(gradOutput.T, input)
        self.gradb += np.sum(gradOutput, axis=0)
        return self.gradInput

    def zeroGradParameters(self):
        self.gradW.fill(0)
        self.gradb.fill(0)
