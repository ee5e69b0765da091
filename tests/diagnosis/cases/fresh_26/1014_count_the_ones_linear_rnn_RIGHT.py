"""Truth: all right; the means over the samples stand in the loop over the time, the gradient of the loss has none. A linear
recurrent network of two numbers that counts ones. My gradient check complained until I looped over time, not over samples.
"""
import numpy as np

n_samples, len_sequence = 12, 6


def update_state(xk, sk, wx, wRec):
    return xk * wx + sk * wRec


def forward_states(X, wx, wRec):
    S = np.zeros((X.shape[0], X.shape[1] + 1))
    for k in range(X.shape[1]):
        S[:, k + 1] = update_state(X[:, k], S[:, k], wx, wRec)
    return S


def loss(y, t):
    return np.mean((t - y) ** 2)


def output_gradient(y, t):
    return -2 * (t - y)


def backward_gradient(X, S, grad_out, wRec):
    grad_over_time = np.zeros((X.shape[0], X.shape[1] + 1))
    grad_over_time[:, -1] = grad_out
    wx_grad = 0
    wRec_grad = 0
    for k in range(X.shape[1], 0, -1):
        wx_grad += np.mean(grad_over_time[:, k] * X[:, k - 1])
        wRec_grad += np.mean(grad_over_time[:, k] * S[:, k - 1])
        grad_over_time[:, k - 1] = grad_over_time[:, k] * wRec
    return (wx_grad, wRec_grad), grad_over_time


if __name__ == "__main__":
    np.random.seed(1)
    X = np.around(np.random.rand(n_samples, len_sequence))
    t = np.sum(X, axis=1)
    params = [1.2, 1.1]
    for step in range(20):
        S = forward_states(X, params[0], params[1])
        grads, over_time = backward_gradient(X, S, output_gradient(S[:, -1], t), params[1])
        params = [p - 0.002 * g for p, g in zip(params, grads)]
        print(step, loss(S[:, -1], t), params)
