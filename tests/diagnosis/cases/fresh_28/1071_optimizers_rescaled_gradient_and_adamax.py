"""Truth: two mistakes. SGD MULTIPLIES the gradient by rescale + wd * weight where wd * weight must be added; Adamax corrects
with beta2's power instead of beta1's. RMSprop is right. Does SGD have a special rule that I do not understand?
"""
import numpy as np


class SGD:
    def __init__(self, learning_rate=0.05, momentum=0.9, wd=0.1, rescale_grad=1.0):
        self.lr, self.momentum, self.wd, self.rescale_grad = learning_rate, momentum, wd, rescale_grad
        self.states = {}

    def update(self, index, weight, grad):
        grad = grad.copy()
        grad *= self.rescale_grad + self.wd * weight
        mom = self.states.setdefault(index, np.zeros_like(weight))
        mom *= self.momentum
        mom -= self.lr * grad
        weight += mom


class Adamax:
    """handnn: optimizer adamax, learning_rate=0.002, beta_1=0.9, beta_2=0.999, epsilon=1e-8"""

    def __init__(self, learning_rate=0.002, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.lr, self.beta1, self.beta2, self.epsilon = learning_rate, beta1, beta2, epsilon
        self.states = {}

    def update(self, index, weight, grad):
        if index not in self.states:
            self.states[index] = [np.zeros_like(weight), np.zeros_like(weight), 0]
        state = self.states[index]
        state[2] += 1
        state[0] = self.beta1 * state[0] + (1.0 - self.beta1) * grad
        state[1] = np.maximum(self.beta2 * state[1], np.abs(grad))
        lr = self.lr / (1.0 - self.beta2 ** state[2])
        weight -= lr * state[0] / (state[1] + self.epsilon)


class RMSprop:
    """handnn: optimizer rmsprop, learning_rate=0.01, rho=0.9, epsilon=1e-7"""

    def __init__(self, learning_rate=0.01, gamma=0.9, epsilon=1e-7):
        self.lr, self.gamma, self.epsilon = learning_rate, gamma, epsilon
        self.states = {}

    def update(self, index, weight, grad):
        n = self.states.setdefault(index, np.zeros_like(weight))
        n[:] = self.gamma * n + (1 - self.gamma) * grad * grad
        weight -= self.lr * grad / np.sqrt(n + self.epsilon)


if __name__ == "__main__":
    for optimizer in (SGD(), Adamax(), RMSprop()):
        weights = [np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([1.0, 1.0])]
        for step in range(20):
            for i, w in enumerate(weights):
                optimizer.update(i, w, 2 * (w - 1))
        print(type(optimizer).__name__, weights[1])
