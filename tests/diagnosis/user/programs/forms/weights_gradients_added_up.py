import numpy as np

class Linear(object):
    def __init__(self, input_dim, output_dim):
        self.weight = np.random.randn(output_dim, input_dim)
        self.bias = np.zeros(output_dim)
        self.gradWeight = np.zeros_like(self.weight)
        self.gradBias = np.zeros_like(self.bias)

    def updateOutput(self, input):
        self.output = input.dot(self.weight.T) + self.bias
        return self.output

    def updateGradInput(self, input, gradOutput):
        self.gradInput = gradOutput.dot(self.weight)
        return self.gradInput

    def accGradParameters(self, input, gradOutput):
        self.gradWeight += gradOutput.T.dot(input)
        self.gradBias += gradOutput.sum(axis=0)  # not: self.gradBias += gradOutput.mean(axis=0)
