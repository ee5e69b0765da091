"""Truth: the sparsity's part is added to the hidden delta after that was multiplied by a2 * (1 - a2), so it lacks the slope.
Unsupervised features, port of an exercise from Octave. checkNumericalGradient is fine with beta = 0 and not with 3.
"""
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def unroll(theta, visible, hidden):
    k = hidden * visible
    W1 = theta[:k].reshape(hidden, visible)
    W2 = theta[k:2 * k].reshape(visible, hidden)
    b1 = theta[2 * k:2 * k + hidden].reshape(hidden, 1)
    b2 = theta[2 * k + hidden:].reshape(visible, 1)
    return W1, W2, b1, b2


def sparse_autoencoder_cost(theta, visible, hidden, lambda_, sparsity, beta, data):
    W1, W2, b1, b2 = unroll(theta, visible, hidden)
    m = data.shape[1]

    a2 = sigmoid(W1.dot(data) + b1)
    a3 = sigmoid(W2.dot(a2) + b2)
    rho_hat = np.mean(a2, axis=1, keepdims=True)
    kl = np.sum(sparsity * np.log(sparsity / rho_hat) + (1 - sparsity) * np.log((1 - sparsity) / (1 - rho_hat)))
    cost = 0.5 / m * np.sum((a3 - data) ** 2) + 0.5 * lambda_ * (np.sum(W1 ** 2) + np.sum(W2 ** 2)) + beta * kl

    delta3 = (a3 - data) * a3 * (1 - a3)
    sparsity_delta = -sparsity / rho_hat + (1 - sparsity) / (1 - rho_hat)
    delta2 = W2.T.dot(delta3) * a2 * (1 - a2) + beta * sparsity_delta

    W1grad = delta2.dot(data.T) / m + lambda_ * W1
    W2grad = delta3.dot(a2.T) / m + lambda_ * W2
    b1grad = np.sum(delta2, axis=1) / m
    b2grad = np.sum(delta3, axis=1) / m
    grad = np.concatenate((W1grad.ravel(), W2grad.ravel(), b1grad.ravel(), b2grad.ravel()))
    return cost, grad


if __name__ == "__main__":
    visible, hidden = 6, 4
    rng = np.random.RandomState(0)
    data = rng.uniform(0.1, 0.9, (visible, 20))
    r = np.sqrt(6.0 / (visible + hidden + 1))
    theta = np.concatenate([rng.uniform(-r, r, 2 * visible * hidden), np.zeros(hidden + visible)])
    for i in range(100):
        cost, grad = sparse_autoencoder_cost(theta, visible, hidden, 1e-4, 0.1, 3, data)
        theta = theta - 0.1 * grad
    print(cost)
