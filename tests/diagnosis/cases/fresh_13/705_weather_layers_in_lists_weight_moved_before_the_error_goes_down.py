"""Truth: `grad` is pulled through layers[i][0] after these weights were moved; it has to go down first. A network as a list of pairs of
weight and bias, from a course on temperatures; the training loop moves the weights batch by batch.
"""
import math

import numpy as np


def init_layers(inputs, seed=0):
    rng = np.random.default_rng(seed)
    layers = []
    for i in range(1, len(inputs)):
        layers.append([
            rng.random((inputs[i - 1], inputs[i])) / 5 - .1,
            np.ones((1, inputs[i]))
        ])
    return layers


def forward(batch, layers):
    hiddens = [batch.copy()]
    for i in range(len(layers)):
        batch = np.matmul(batch, layers[i][0]) + layers[i][1]
        if i < len(layers) - 1:
            batch = np.maximum(batch, 0)
        # Store the forward pass hidden values for use in backprop
        hiddens.append(batch.copy())
    return batch, hiddens


def mse(actual, predicted):
    return np.mean((actual - predicted) ** 2)


def mse_grad(actual, predicted):
    return 2 * (predicted - actual) / actual.size


def backward(layers, hidden, grad, lr):
    for i in range(len(layers) - 1, -1, -1):
        if i != len(layers) - 1:
            grad = np.multiply(grad, np.heaviside(hidden[i + 1], 0))

        w_grad = hidden[i].T @ grad
        b_grad = np.sum(grad, axis=0, keepdims=True)

        layers[i][0] -= w_grad * lr
        layers[i][1] -= b_grad * lr
        grad = grad @ layers[i][0].T
    return layers


def train(x, y, epochs=5, lr=1e-2, batch_size=8):
    layers = init_layers([x.shape[1], 10, 10, 1])
    for epoch in range(epochs):
        epoch_loss = []
        for i in range(0, x.shape[0], batch_size):
            x_batch = x[i:(i + batch_size)]
            y_batch = y[i:(i + batch_size)]
            pred, hidden = forward(x_batch, layers)
            loss = mse_grad(y_batch, pred)
            epoch_loss.append(mse(y_batch, pred))
            layers = backward(layers, hidden, loss, lr)
        print(f"Epoch {epoch} train MSE: {sum(epoch_loss) / len(epoch_loss):.3f}, steps {math.ceil(len(x) / batch_size)}")
    return layers


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    temps = rng.normal(size=(64, 3))
    train(temps, temps @ np.array([[1.], [-.5], [2.]]) + .3)
