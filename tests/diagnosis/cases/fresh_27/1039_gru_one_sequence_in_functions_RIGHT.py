"""Truth: all right. A GRU of one sequence at a time, reset gate on the recurrent product with its own bias (as CuDNN has
it), gates in one matrix. Must dh * z be added before or after the product with U? Here it is before.
"""
import numpy as np


def sigmoid(a):
    return 1. / (1. + np.exp(-a))


def gru_forward(x, h0, W, U, b, bu):
    """x (T, D), W (D, 3H), U (H, 3H): r, z, n."""
    H = h0.shape[0]
    h, cache, hs = h0, [], []
    for t in range(len(x)):
        ax = x[t].dot(W) + b
        ah = h.dot(U) + bu
        r = sigmoid(ax[:H] + ah[:H])
        z = sigmoid(ax[H:2 * H] + ah[H:2 * H])
        n = np.tanh(ax[2 * H:] + r * ah[2 * H:])
        cache.append((x[t], h, r, z, n, ah[2 * H:]))
        h = (1 - z) * n + z * h
        hs.append(h)
    return np.array(hs), (cache, W, U)


def gru_backward(dhs, saved):
    cache, W, U = saved
    H = U.shape[0]
    dx = np.zeros((len(cache), W.shape[0]))
    dW, dU, db, dbu = np.zeros_like(W), np.zeros_like(U), np.zeros(3 * H), np.zeros(3 * H)
    dh = np.zeros(H)
    for t in range(len(cache) - 1, -1, -1):
        xt, h, r, z, n, un = cache[t]
        dh = dh + dhs[t]
        dn = dh * (1 - z) * (1 - n ** 2)
        dz = dh * (h - n) * z * (1 - z)
        dr = dn * un * r * (1 - r)
        dax = np.concatenate([dr, dz, dn])
        dah = np.concatenate([dr, dz, dn * r])
        dW += np.outer(xt, dax)
        dU += np.outer(h, dah)
        db += dax
        dbu += dah
        dx[t] = W.dot(dax)
        dh = dh * z + U.dot(dah)
    return dx, dh, dW, dU, db, dbu


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    T, D, H = 5, 3, 4
    x, h0 = rng.standard_normal((T, D)), rng.standard_normal(H)
    W, U = rng.standard_normal((D, 3 * H)), rng.standard_normal((H, 3 * H))
    b, bu = rng.standard_normal(3 * H), rng.standard_normal(3 * H)
    hs, saved = gru_forward(x, h0, W, U, b, bu)
    for g in gru_backward(np.ones_like(hs), saved):
        print(g.shape)
