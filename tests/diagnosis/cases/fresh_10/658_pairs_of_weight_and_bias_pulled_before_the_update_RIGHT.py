"""Truth: RIGHT. 'The gradient must be pulled through the layer before its weights are moved': it is. Layers are pairs [weights, bias] in a
list; backward updates them; the loss is half the sum of squares.
"""
import numpy as np


def init_layers(inputs):
    layers = []
    for i in range(1, len(inputs)):
        layers.append([np.random.rand(inputs[i - 1], inputs[i]) / 2 - 0.2, np.zeros((1, inputs[i]))])
    return layers


def forward(batch, layers):
    hidden = [batch.copy()]
    for i in range(len(layers)):
        batch = np.matmul(batch, layers[i][0]) + layers[i][1]
        if i < len(layers) - 1:
            batch = np.maximum(batch, 0)
        hidden.append(batch.copy())
    return batch, hidden


def mse(actual, predicted):
    return 0.5 * np.sum((actual - predicted) ** 2)


def mse_grad(actual, predicted):
    return predicted - actual


def backward(layers, hidden, grad, lr):
    for i in range(len(layers) - 1, -1, -1):
        if i != len(layers) - 1:
            grad = np.multiply(grad, np.heaviside(hidden[i + 1], 0))
        w_grad = hidden[i].T @ grad
        b_grad = np.sum(grad, axis=0, keepdims=True)
        grad = grad @ layers[i][0].T
        layers[i][0] -= w_grad * lr
        layers[i][1] -= b_grad * lr
    return layers


if __name__ == "__main__":
    np.random.seed(0)
    layers = init_layers([3, 6, 5, 1])
    x, y = np.random.randn(8, 3), np.random.randn(8, 1)
    for epoch in range(50):
        pred, hidden = forward(x, layers)
        layers = backward(layers, hidden, mse_grad(y, pred), 1e-2)
    print(mse(y, pred))
