"""Truth: RIGHT. The published variant with the input and forget gate coupled, f = 1 - i, columns are samples, gates in the order o, i, g,
inputs and state stacked below a row of ones for the bias; the gradient of i is dc * (g - c_prev).
"""
import numpy as np


def cifg_forward(X, W, h0, c0):
    """ X (T, D, N), W (3H, 1 + D + H); returns all states (T, H, N) """
    T, D, N = X.shape
    H = W.shape[0] // 3
    h, c = h0, c0
    hs, cache = [], []
    for x in X:
        v = np.vstack((np.ones((1, N)), x, h))
        a = W @ v
        o = 1 / (1 + np.exp(-a[:H]))
        i = 1 / (1 + np.exp(-a[H:2 * H]))
        g = np.tanh(a[2 * H:])
        c_prev = c
        c = c_prev + i * (g - c_prev)
        y = np.tanh(c)
        h = o * y
        hs.append(h)
        cache.append((v, o, i, g, c_prev, y))
    return np.stack(hs), (cache, W, D)


def cifg_backward(dhs, saved):
    cache, W, D = saved
    H = W.shape[0] // 3
    dW = np.zeros_like(W)
    dX = []
    dh = np.zeros_like(dhs[0])
    dc = np.zeros_like(dhs[0])
    for dh_t, (v, o, i, g, c_prev, y) in zip(dhs[::-1], cache[::-1]):
        dh = dh + dh_t
        dc = dc + dh * o * (1 - y * y)
        da = np.vstack((
            dh * y * o * (1 - o),
            dc * (g - c_prev) * i * (1 - i),
            dc * i * (1 - g * g),
        ))
        dW += da @ v.T
        dv = W.T @ da
        dX.append(dv[1:1 + D])
        dh = dv[1 + D:]
        dc = dc * (1 - i)
    return np.stack(dX[::-1]), dW, dh, dc


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    T, D, N, H = 7, 2, 10, 5
    W = rng.normal(size=(3 * H, 1 + D + H)) * 0.3
    X = rng.normal(size=(T, D, N))
    goal = np.tanh(np.cumsum(X, axis=0)).sum(axis=1, keepdims=True) / 2
    zero = np.zeros((H, N))
    for it in range(100):
        hs, saved = cifg_forward(X, W, zero, zero)
        error = hs[:, :1] - goal
        dhs = np.zeros_like(hs)
        dhs[:, :1] = error / N
        _, dW, _, _ = cifg_backward(dhs, saved)
        W -= 0.1 * dW
    print(0.5 * np.sum(error ** 2) / N)
