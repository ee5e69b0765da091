"""Truth: RIGHT. 'The sparsity is not taken into consideration in the gradient' was reported: it is, in delta2. Columns, one rolled vector
of parameters, cost and gradient come together.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_prime(x):
    return sigmoid(x) * (1 - sigmoid(x))


def KL_divergence(x, y):
    return x * np.log(x / y) + (1 - x) * np.log((1 - x) / (1 - y))


def sparse_autoencoder_cost(theta, visible_size, hidden_size, lambda_, sparsity_param, beta, data):
    """Data: (visible_size, m); returns the cost and its gradient by theta."""
    n = hidden_size * visible_size
    W1 = theta[0:n].reshape(hidden_size, visible_size)
    W2 = theta[n : 2 * n].reshape(visible_size, hidden_size)
    b1 = theta[2 * n : 2 * n + hidden_size]
    b2 = theta[2 * n + hidden_size :]
    m = data.shape[1]

    # Forward propagation
    z2 = W1.dot(data) + np.tile(b1, (m, 1)).transpose()
    a2 = sigmoid(z2)
    z3 = W2.dot(a2) + np.tile(b2, (m, 1)).transpose()
    h = sigmoid(z3)

    # Sparsity
    rho_hat = np.sum(a2, axis=1) / m
    rho = np.tile(sparsity_param, hidden_size)

    cost = np.sum((h - data) ** 2) / (2 * m) + (lambda_ / 2) * (np.sum(W1**2) + np.sum(W2**2)) + beta * np.sum(KL_divergence(rho, rho_hat))

    # Backprop
    sparsity_delta = np.tile(-rho / rho_hat + (1 - rho) / (1 - rho_hat), (m, 1)).transpose()
    delta3 = -(data - h) * sigmoid_prime(z3)
    delta2 = (W2.transpose().dot(delta3) + beta * sparsity_delta) * sigmoid_prime(z2)
    W1grad = delta2.dot(data.transpose()) / m + lambda_ * W1
    W2grad = delta3.dot(a2.transpose()) / m + lambda_ * W2
    b1grad = np.sum(delta2, axis=1) / m
    b2grad = np.sum(delta3, axis=1) / m

    grad = np.concatenate((W1grad.reshape(n), W2grad.reshape(n), b1grad.reshape(hidden_size), b2grad.reshape(visible_size)))
    return cost, grad


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    theta = rng.uniform(-0.5, 0.5, 2 * 3 * 5 + 3 + 5)
    data = rng.rand(5, 7)
    for _ in range(50):
        cost, grad = sparse_autoencoder_cost(theta, 5, 3, 1e-3, 0.2, 0.5, data)
        theta -= 0.5 * grad
    print(cost)
