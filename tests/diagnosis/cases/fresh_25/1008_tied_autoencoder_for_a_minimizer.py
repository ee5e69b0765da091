"""Truth: encoder and decoder share W, but only the decoder's part of its gradient is computed. The cost falls with the
minimizer, its derivative check fails. One sigmoid layer, no biases.
"""
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def calc_loss(theta, X, n_hidden):
    n_samples, n_vars = X.shape
    W = theta.reshape(n_vars, n_hidden)
    # encode, decode with the same matrix
    hidden = sigmoid(X @ W)
    output = sigmoid(hidden @ W.T)

    diff = X - output
    loss = 0.5 * np.sum(diff ** 2) / n_samples

    error = -diff * output * (1 - output)
    dW = error.T @ hidden
    return loss, dW.ravel() / n_samples


def minimize(f, theta, rate=0.8, rounds=100):
    for _ in range(rounds):
        value, grad = f(theta)
        theta = theta - rate * grad
    return theta, value


if __name__ == "__main__":
    rng = np.random.RandomState(17)
    X = sigmoid(rng.randn(30, 2) @ rng.randn(2, 6))
    n_hidden = 3
    theta = rng.uniform(-0.4, 0.4, 6 * n_hidden)
    theta, value = minimize(lambda t: calc_loss(t, X, n_hidden), theta)
    print("reconstruction", value)
