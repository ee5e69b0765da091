"""Truth: RIGHT. '/ input / (1 - input) or / (input * (1 - input))?' was asked: the same. Summed over everything, loops
over flat arrays, the gradient goes into an array that is handed in.
"""
import numpy as np


class CrossEntropyLoss:
    def __init__(self, num_planes=3, image_size=1):
        self.num_planes, self.image_size = num_planes, image_size
        self.gradInput = None

    def calcLoss(self, expectedOutput, input):
        loss = 0.0
        for i in range(input.size):
            expected, output = expectedOutput.flat[i], input.flat[i]
            negthisloss = expected * np.log(output) + (1 - expected) * np.log(1 - output)
            loss -= negthisloss
        return loss

    def calcGradInput(self, expectedOutput, input):
        self.gradInput = np.empty(input.shape)
        for i in range(input.size):
            e, o = expectedOutput.flat[i], input.flat[i]
            self.gradInput.flat[i] = (o - e) / o / (1.0 - o)
        return self.gradInput
