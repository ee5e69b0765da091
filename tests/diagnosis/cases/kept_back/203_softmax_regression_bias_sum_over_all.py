"""Truth: the bias' gradient is one number, the sum over samples AND classes (always 0 for a softmax), which then
changes all biases alike; it must be summed over the samples only. The weights' gradient (classes, features) is right.
"""
import numpy as np


class SoftmaxRegression1:
    """handnn: network 4-3 softmax categorical_crossentropy"""

    def __init__(self, num_features=4, num_classes=3):
        self.num_features = num_features
        self.num_classes = num_classes
        self.weights = np.zeros((num_classes, num_features))
        self.bias = np.zeros(num_classes)

    def forward(self, x):
        logits = np.dot(x, self.weights.T) + self.bias
        return self._softmax(logits)

    def backward(self, x, y, probas):
        grad_loss_wrt_w = -np.dot(x.T, y - probas).T
        grad_loss_wrt_b = -np.sum(y - probas)
        return grad_loss_wrt_w, grad_loss_wrt_b

    def _softmax(self, z):
        return (np.exp(z.T) / np.sum(np.exp(z), axis=1)).T

    def _cross_entropy(self, softmax, y_target):
        return -np.sum(np.log(softmax) * y_target, axis=1)

    def train(self, x, y, learning_rate=0.01):
        probas = self.forward(x)
        grad_w, grad_b = self.backward(x, y, probas)
        self.weights -= learning_rate * grad_w / y.shape[0]
        self.bias -= learning_rate * grad_b / y.shape[0]
        return np.mean(self._cross_entropy(probas, y))
