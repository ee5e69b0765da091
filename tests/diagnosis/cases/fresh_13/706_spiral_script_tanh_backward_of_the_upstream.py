"""Truth: tanh_backward is given only the gradient from above: it has to be next_dz * (1 - tanh(z)^2), and to be told z or a1. A script
that trains at once, with small functions for the forward and the backward step of each layer.
"""
import numpy as np

np.random.seed(3)


def fc_forward(z, W, b):
    return np.dot(z, W) + b


def fc_backward(next_dz, W, z):
    N = z.shape[0]
    dz = np.dot(next_dz, W.T)
    dw = np.dot(z.T, next_dz)
    db = np.sum(next_dz, axis=0)
    return dw / N, db / N, dz


def tanh_forward(z):
    return np.tanh(z)


def tanh_backward(next_dz):
    return 1 - np.square(np.tanh(next_dz))


def cross_entropy_loss(y_predict, y_true):
    y_shift = y_predict - np.max(y_predict, axis=-1, keepdims=True)
    y_exp = np.exp(y_shift)
    y_probability = y_exp / np.sum(y_exp, axis=-1, keepdims=True)
    loss = np.mean(np.sum(-y_true * np.log(y_probability), axis=-1))
    dy = y_probability - y_true
    return loss, dy


# two spirals
n = 50
t = np.linspace(0.2, 3, n)
X = np.concatenate([np.c_[t * np.cos(3 * t), t * np.sin(3 * t)], np.c_[-t * np.cos(2.8 * t), -t * np.sin(2.8 * t)]])
Y = np.zeros((2 * n, 2))
Y[:n, 0] = 1
Y[n:, 1] = 1

weights = {}
weights["W1"] = 0.5 * np.random.randn(2, 12)
weights["b1"] = np.zeros(12)
weights["W2"] = 0.5 * np.random.randn(12, 2)
weights["b2"] = np.zeros(2)
lr = 0.5

for epoch in range(200):
    # forward
    z1 = fc_forward(X, weights["W1"], weights["b1"])
    a1 = tanh_forward(z1)
    z2 = fc_forward(a1, weights["W2"], weights["b2"])
    loss, dy = cross_entropy_loss(z2, Y)

    # backward
    dW2, db2, da1 = fc_backward(dy, weights["W2"], a1)
    dz1 = tanh_backward(da1)
    dW1, db1, _ = fc_backward(dz1, weights["W1"], X)

    weights["W1"] -= lr * dW1
    weights["b1"] -= lr * db1
    weights["W2"] -= lr * dW2
    weights["b2"] -= lr * db2
    if epoch % 50 == 0:
        print("epoch", epoch, "loss", loss)
