"""Truth: RIGHT. 'grad_w must be divided by the number of neurons' was reported: the loss is a sum. Each layer has a copy of the optimizer
for the weights and one for the biases, and keeps the weights of the forward pass for what it hands down.
"""
import copy

import numpy as np


class StochasticGradientDescent:
    def __init__(self, learning_rate=0.01, momentum=0):
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.w_updt = None

    def update(self, w, grad_wrt_w):
        if self.w_updt is None:
            self.w_updt = np.zeros(np.shape(w))
        self.w_updt = self.momentum * self.w_updt + (1 - self.momentum) * grad_wrt_w
        return w - self.learning_rate * self.w_updt


class SquareLoss:
    def loss(self, y, y_pred):
        return 0.5 * np.power((y - y_pred), 2)

    def gradient(self, y, y_pred):
        return -(y - y_pred)


class Dense:
    def __init__(self, n_units, n_inputs):
        limit = 1 / np.sqrt(n_inputs)
        self.W = np.random.uniform(-limit, limit, (n_inputs, n_units))
        self.w0 = np.zeros((1, n_units))
        self.trainable = True

    def initialize(self, optimizer):
        self.W_opt = copy.copy(optimizer)
        self.w0_opt = copy.copy(optimizer)

    def forward_pass(self, X, training=True):
        self.layer_input = X
        return X.dot(self.W) + self.w0

    def backward_pass(self, accum_grad):
        # Save weights used during forwards pass
        W = self.W
        if self.trainable:
            grad_w = self.layer_input.T.dot(accum_grad)
            grad_w0 = np.sum(accum_grad, axis=0, keepdims=True)
            self.W = self.W_opt.update(self.W, grad_w)
            self.w0 = self.w0_opt.update(self.w0, grad_w0)
        # Return accumulated gradient for next layer
        return accum_grad.dot(W.T)


class SoftPlus:
    def initialize(self, optimizer):
        pass

    def forward_pass(self, X, training=True):
        self.layer_input = X
        return np.log(1 + np.exp(X))

    def backward_pass(self, accum_grad):
        return accum_grad / (1 + np.exp(-self.layer_input))


class NeuralNetwork:
    def __init__(self, optimizer, loss):
        self.optimizer = optimizer
        self.loss_function = loss()
        self.layers = []

    def add(self, layer):
        layer.initialize(optimizer=self.optimizer)
        self.layers.append(layer)

    def train_on_batch(self, X, y):
        y_pred = self._forward_pass(X)
        loss = np.sum(self.loss_function.loss(y, y_pred))
        loss_grad = self.loss_function.gradient(y, y_pred)
        self._backward_pass(loss_grad=loss_grad)
        return loss

    def _forward_pass(self, X, training=True):
        layer_output = X
        for layer in self.layers:
            layer_output = layer.forward_pass(layer_output, training)
        return layer_output

    def _backward_pass(self, loss_grad):
        for layer in reversed(self.layers):
            loss_grad = layer.backward_pass(loss_grad)


if __name__ == "__main__":
    np.random.seed(0)
    clf = NeuralNetwork(StochasticGradientDescent(0.01), SquareLoss)
    clf.add(Dense(5, 3))
    clf.add(SoftPlus())
    clf.add(Dense(2, 5))
    X, y = np.random.randn(8, 3), np.random.randn(8, 2)
    for epoch in range(30):
        loss = clf.train_on_batch(X, y)
    print(loss)
