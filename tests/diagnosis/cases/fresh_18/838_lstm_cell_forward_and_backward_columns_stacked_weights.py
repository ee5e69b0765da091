"""Truth: the memory the forget gate is multiplied with. One cell of an LSTM as two functions with a cache, samples in columns."""
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm_cell_forward(xt, h_prev, c_prev, params):
    n_h = h_prev.shape[0]
    concat = np.vstack((h_prev, xt))
    z = params["W"] @ concat + params["b"]
    f = sigmoid(z[:n_h])
    i = sigmoid(z[n_h:2 * n_h])
    o = sigmoid(z[2 * n_h:3 * n_h])
    g = np.tanh(z[3 * n_h:])
    c_next = f * c_prev + i * g
    h_next = o * np.tanh(c_next)
    cache = (concat, c_prev, c_next, f, i, o, g, params)
    return h_next, c_next, cache


def lstm_cell_backward(dh_next, dc_next, cache):
    concat, c_prev, c_next, f, i, o, g, params = cache
    n_h = dh_next.shape[0]
    tc = np.tanh(c_next)
    do = dh_next * tc * o * (1 - o)
    dc = dc_next + dh_next * o * (1 - tc ** 2)
    df = dc * c_next * f * (1 - f)
    di = dc * g * i * (1 - i)
    dg = dc * i * (1 - g ** 2)
    dz = np.vstack((df, di, do, dg))
    dconcat = params["W"].T @ dz
    return {
        "dW": dz @ concat.T,
        "db": np.sum(dz, axis=1, keepdims=True),
        "dh_prev": dconcat[:n_h],
        "dxt": dconcat[n_h:],
        "dc_prev": dc * f,
    }


def run(X, params, n_h):
    h = c = np.zeros((n_h, X.shape[1]))
    caches = []
    for t in range(X.shape[2]):
        h, c, cache = lstm_cell_forward(X[:, :, t], h, c, params)
        caches.append(cache)
    return h, caches


if __name__ == "__main__":
    np.random.seed(1)
    n_x, n_h, m, T = 2, 5, 16, 6
    X = np.random.randn(n_x, m, T)
    goal = np.tanh(X[:1].sum(axis=2)) * np.ones((n_h, 1))
    params = {"W": np.random.randn(4 * n_h, n_h + n_x) * 0.3, "b": np.zeros((4 * n_h, 1))}
    for epoch in range(101):
        h, caches = run(X, params, n_h)
        dh, dc = (h - goal) / m, np.zeros_like(h)
        dW, db = 0, 0
        for cache in reversed(caches):
            grads = lstm_cell_backward(dh, dc, cache)
            dh, dc = grads["dh_prev"], grads["dc_prev"]
            dW, db = dW + grads["dW"], db + grads["db"]
        params["W"] -= 0.1 * dW
        params["b"] -= 0.1 * db
        if epoch % 25 == 0:
            print("epoch", epoch, "loss", 0.5 * np.sum((h - goal) ** 2) / m)
