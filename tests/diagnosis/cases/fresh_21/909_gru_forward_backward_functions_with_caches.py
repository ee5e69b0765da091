"""Truth: the way from the candidate to the state before it forgets the reset gate. A GRU in columns, functions for forward and backward with a list of caches."""
import numpy as np


def sigmoid(a):
    return 1.0 / (1.0 + np.exp(-a))


def init_gru(n_x, n_h, seed=1):
    rng = np.random.RandomState(seed)
    p = {}
    for gate in "zrh":
        p["W" + gate] = rng.randn(n_h, n_x) * 0.4
        p["U" + gate] = rng.randn(n_h, n_h) * 0.4
        p["b" + gate] = np.zeros((n_h, 1))
    return p


def gru_forward(x, h0, p):
    """x: (n_x, m, T), h0: (n_h, m) -> all states (n_h, m, T)"""
    T = x.shape[2]
    h = h0
    hs = np.zeros((h0.shape[0], h0.shape[1], T))
    caches = []
    for t in range(T):
        xt = x[:, :, t]
        z = sigmoid(p["Wz"] @ xt + p["Uz"] @ h + p["bz"])
        r = sigmoid(p["Wr"] @ xt + p["Ur"] @ h + p["br"])
        h_tilde = np.tanh(p["Wh"] @ xt + p["Uh"] @ (r * h) + p["bh"])
        h_prev = h
        h = (1 - z) * h_prev + z * h_tilde
        hs[:, :, t] = h
        caches.append((xt, h_prev, z, r, h_tilde))
    return hs, caches


def gru_backward(dhs, caches, p):
    grads = {k: np.zeros_like(v) for k, v in p.items()}
    n_x, m = caches[0][0].shape
    dx = np.zeros((n_x, m, len(caches)))
    dh_next = np.zeros_like(dhs[:, :, 0])
    for t in reversed(range(len(caches))):
        xt, h_prev, z, r, h_tilde = caches[t]
        dh = dhs[:, :, t] + dh_next

        da_h = dh * z * (1 - h_tilde ** 2)
        da_z = dh * (h_tilde - h_prev) * z * (1 - z)
        drh = p["Uh"].T @ da_h
        da_r = drh * h_prev * r * (1 - r)

        for gate, da in (("z", da_z), ("r", da_r)):
            grads["W" + gate] += da @ xt.T
            grads["U" + gate] += da @ h_prev.T
            grads["b" + gate] += da.sum(axis=1, keepdims=True)
        grads["Wh"] += da_h @ xt.T
        grads["Uh"] += da_h @ (r * h_prev).T
        grads["bh"] += da_h.sum(axis=1, keepdims=True)

        dx[:, :, t] = p["Wz"].T @ da_z + p["Wr"].T @ da_r + p["Wh"].T @ da_h
        dh_next = dh * (1 - z) + drh + p["Uz"].T @ da_z + p["Ur"].T @ da_r
    return dx, dh_next, grads


if __name__ == "__main__":
    np.random.seed(0)
    n_x, n_h, m, T = 2, 5, 8, 6
    x = np.random.randn(n_x, m, T)
    target = np.cumsum(x[:1], axis=2)[:, :, -1] * 0.3
    p = init_gru(n_x, n_h)
    v = np.random.randn(1, n_h)
    for it in range(200):
        hs, caches = gru_forward(x, np.zeros((n_h, m)), p)
        err = v @ hs[:, :, -1] - target
        dhs = np.zeros_like(hs)
        dhs[:, :, -1] = v.T @ err / m
        _, _, grads = gru_backward(dhs, caches, p)
        v = v - 0.1 * err @ hs[:, :, -1].T / m
        for k in p:
            p[k] -= 0.1 * grads[k]
        if it % 50 == 0:
            print(it, 0.5 * np.mean(err ** 2))
