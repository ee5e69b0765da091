"""Truth: the pairs are half of (X V)^2 - X^2 V^2, so dV = X.T (dout * X V) - V * (X^2).T dout; the second term is missing. w0 and W are
right. Functions with forward and backward, rows.
"""
import numpy as np


def fm_forward(X, w0, W, V):
    """X: (n, d), w0: (1, 1), W: (d, 1), V: (d, k); returns (n, 1)."""
    pairs = 0.5 * np.sum((X @ V) ** 2 - (X**2) @ (V**2), axis=1, keepdims=True)
    return w0 + X @ W + pairs


def fm_backward(dout, X, w0, W, V):
    # gradient w.r.t. w0
    dw0 = np.sum(dout).reshape(1, 1)
    # gradient w.r.t. W
    dW = X.T @ dout
    # gradient w.r.t. V
    dV = X.T @ (dout * (X @ V))
    return dw0, dW, dV


def l2_loss_forward(pred, y):
    return 0.5 * np.sum((pred - y) ** 2) / len(y)


def l2_loss_backward(pred, y):
    return (pred - y) / len(y)


def train(X, y, k=2, lr=0.05, epochs=50):
    d = X.shape[1]
    w0, W = np.zeros((1, 1)), np.zeros((d, 1))
    V = np.random.uniform(0, 1, (d, k)) * 0.1
    for _ in range(epochs):
        pred = fm_forward(X, w0, W, V)
        dw0, dW, dV = fm_backward(l2_loss_backward(pred, y), X, w0, W, V)
        w0, W, V = w0 - lr * dw0, W - lr * dW, V - lr * dV
    return l2_loss_forward(fm_forward(X, w0, W, V), y)


if __name__ == "__main__":
    np.random.seed(1)
    X = np.random.randn(12, 4)
    print(train(X, X[:, :1] * X[:, 1:2] + X[:, 2:3]))
