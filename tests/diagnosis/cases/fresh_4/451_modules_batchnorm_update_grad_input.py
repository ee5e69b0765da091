"""Truth: in updateGradInput the term with the mean of gradOutput * xhat must be multiplied by xhat; it stands there
without. Modules in the style of Torch 7: updateOutput, updateGradInput.
"""
import numpy as np


class Module(object):
    def __init__(self):
        self.output = None
        self.gradInput = None
        self.training = True

    def forward(self, input):
        return self.updateOutput(input)

    def backward(self, input, gradOutput):
        self.updateGradInput(input, gradOutput)
        self.accGradParameters(input, gradOutput)
        return self.gradInput

    def updateOutput(self, input):
        pass

    def updateGradInput(self, input, gradOutput):
        pass

    def accGradParameters(self, input, gradOutput):
        pass


class BatchNormalization(Module):
    EPS = 1e-3

    def __init__(self):
        super(BatchNormalization, self).__init__()

    def updateOutput(self, input):
        self.mean = np.mean(input, axis=0)
        self.var = np.var(input, axis=0)
        self.xhat = (input - self.mean) / np.sqrt(self.var + self.EPS)
        self.output = self.xhat
        return self.output

    def updateGradInput(self, input, gradOutput):
        coef = 1.0 / np.sqrt(self.var + self.EPS)
        self.gradInput = coef * (
            gradOutput - np.mean(gradOutput, axis=0) - np.mean(gradOutput * self.xhat, axis=0)
        )
        return self.gradInput
