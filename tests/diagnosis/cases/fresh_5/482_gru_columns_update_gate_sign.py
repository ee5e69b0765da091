"""Truth: h = (1 - z) h_prev + z cand, so the gate's gradient is dh (cand - h_prev); the difference is the wrong way round.
Columns, parameters in a dict, caches in a list, loss on every output.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru_loss(params, xs, ys, h0):
    """xs, ys: lists of column vectors."""
    Wz, Uz, bz = params["Wz"], params["Uz"], params["bz"]
    Wr, Ur, br = params["Wr"], params["Ur"], params["br"]
    Wh, Uh, bh = params["Wh"], params["Uh"], params["bh"]
    Why, by = params["Why"], params["by"]
    h, caches, loss = h0, [], 0.0
    for x, y in zip(xs, ys):
        z = sigmoid(Wz @ x + Uz @ h + bz)
        r = sigmoid(Wr @ x + Ur @ h + br)
        cand = np.tanh(Wh @ x + Uh @ (r * h) + bh)
        h_prev = h
        h = (1 - z) * h_prev + z * cand
        out = Why @ h + by
        loss += 0.5 * np.sum((out - y) ** 2)
        caches.append((x, z, r, cand, h_prev, h, out - y))
    grads = {k: np.zeros_like(v) for k, v in params.items()}
    dh_next = np.zeros_like(h0)
    for x, z, r, cand, h_prev, h, dout in reversed(caches):
        grads["Why"] += dout @ h.T
        grads["by"] += dout
        dh = Why.T @ dout + dh_next
        dcand = dh * z * (1 - cand**2)
        dz = dh * (h_prev - cand) * z * (1 - z)
        drh = Uh.T @ dcand
        dr = drh * h_prev * r * (1 - r)
        for name, d, inner in (("h", dcand, r * h_prev), ("z", dz, h_prev), ("r", dr, h_prev)):
            grads["W" + name] += d @ x.T
            grads["U" + name] += d @ inner.T
            grads["b" + name] += d
        dh_next = dh * (1 - z) + r * drh + Uz.T @ dz + Ur.T @ dr
    return loss, grads
