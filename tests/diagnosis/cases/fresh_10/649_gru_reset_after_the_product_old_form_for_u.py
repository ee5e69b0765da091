"""Truth: the reset gate multiplies AFTER the product with Uh: n = tanh(x Wh + r * (h Uh) + bh). The gradient of Uh is written as if it
were applied before: (r * h).T @ da; h.T @ (da * r) belongs there. Rows, weights in a dict.
"""
import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def gru_forward(x, h0, p):
    """x: (batch, steps, inputs), h0: (batch, units)."""
    h, hs, cache = h0, [], []
    for t in range(x.shape[1]):
        xt, h_prev = x[:, t], h
        z = sigmoid(xt @ p["Wz"] + h_prev @ p["Uz"] + p["bz"])
        r = sigmoid(xt @ p["Wr"] + h_prev @ p["Ur"] + p["br"])
        hu = h_prev @ p["Uh"]
        n = np.tanh(xt @ p["Wh"] + r * hu + p["bh"])
        h = z * h_prev + (1 - z) * n
        hs.append(h)
        cache.append((xt, h_prev, z, r, hu, n))
    return np.stack(hs, axis=1), (cache, p)


def gru_backward(dhs, cache):
    steps, p = cache
    g = {k: np.zeros_like(v) for k, v in p.items()}
    dx = np.zeros((dhs.shape[0], len(steps), p["Wz"].shape[0]))
    dh_next = np.zeros_like(dhs[:, 0])
    for t in reversed(range(len(steps))):
        xt, h_prev, z, r, hu, n = steps[t]
        dh = dhs[:, t] + dh_next
        da = dh * (1 - z) * (1 - n**2)
        daz = dh * (h_prev - n) * z * (1 - z)
        dar = da * hu * r * (1 - r)
        g["Wz"] += xt.T @ daz
        g["Uz"] += h_prev.T @ daz
        g["bz"] += daz.sum(axis=0)
        g["Wr"] += xt.T @ dar
        g["Ur"] += h_prev.T @ dar
        g["br"] += dar.sum(axis=0)
        g["Wh"] += xt.T @ da
        g["Uh"] += (r * h_prev).T @ da
        g["bh"] += da.sum(axis=0)
        dx[:, t] = daz @ p["Wz"].T + dar @ p["Wr"].T + da @ p["Wh"].T
        dh_next = dh * z + daz @ p["Uz"].T + dar @ p["Ur"].T + (da * r) @ p["Uh"].T
    return dx, dh_next, g
