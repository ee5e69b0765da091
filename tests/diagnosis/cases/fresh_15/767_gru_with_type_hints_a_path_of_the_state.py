"""Truth: one mistake, of the kind where a state reaches the next one along several paths and not all of them are followed. A GRU of
functions, a sequence as (T, N, D), every gradient returned.
"""
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Weights = dict[str, Floats]


def _sigma(a: Floats) -> Floats:
    return np.where(a >= 0, 1 / (1 + np.exp(-np.abs(a))), np.exp(-np.abs(a)) / (1 + np.exp(-np.abs(a))))


def make_weights(d_in: int, d_h: int, rng: np.random.Generator) -> Weights:
    w: Weights = {}
    for gate in ("r", "z", "n"):
        w["W" + gate] = rng.standard_normal((d_in, d_h)) / np.sqrt(d_in)
        w["U" + gate] = rng.standard_normal((d_h, d_h)) / np.sqrt(d_h)
        w["b" + gate] = np.zeros(d_h)
    return w


def gru_forward(x: Floats, h0: Floats, w: Weights) -> tuple[Floats, list]:
    """x: (T, N, D), h0: (N, H). Returns the states (T, N, H) and what the way back needs."""
    states, tape = [], []
    h = h0
    for x_t in x:
        r = _sigma(x_t @ w["Wr"] + h @ w["Ur"] + w["br"])
        z = _sigma(x_t @ w["Wz"] + h @ w["Uz"] + w["bz"])
        n = np.tanh(x_t @ w["Wn"] + (r * h) @ w["Un"] + w["bn"])
        tape.append((x_t, h, r, z, n, w))
        h = (1 - z) * n + z * h
        states.append(h)
    return np.stack(states), tape


def gru_backward(d_states: Floats, tape: list) -> tuple[Floats, Floats, Weights]:
    w = tape[0][-1]
    grads: Weights = {name: np.zeros_like(value) for name, value in w.items()}
    dx = []
    dh = np.zeros_like(d_states[0])
    for d_t, (x_t, h, r, z, n, _) in zip(d_states[::-1], reversed(tape)):
        dh = dh + d_t
        dz_pre = dh * (h - n) * z * (1 - z)
        dn_pre = dh * (1 - z) * (1 - n ** 2)
        d_rh = dn_pre @ w["Un"].T
        dr_pre = d_rh * h * r * (1 - r)
        for gate, pre, seen in (("r", dr_pre, h), ("z", dz_pre, h), ("n", dn_pre, r * h)):
            grads["W" + gate] += x_t.T @ pre
            grads["U" + gate] += seen.T @ pre
            grads["b" + gate] += pre.sum(axis=0)
        dx.append(dr_pre @ w["Wr"].T + dz_pre @ w["Wz"].T + dn_pre @ w["Wn"].T)
        dh = dh * z + d_rh * r + dz_pre @ w["Uz"].T
    return np.stack(dx[::-1]), dh, grads


def main() -> None:
    rng = np.random.default_rng(8)
    w = make_weights(3, 5, rng)
    x, target = rng.standard_normal((6, 4, 3)), rng.uniform(-0.5, 0.5, (6, 4, 5))
    for it in range(100):
        h, tape = gru_forward(x, np.zeros((4, 5)), w)
        _, _, grads = gru_backward((h - target) / 4, tape)
        w = {name: value - 0.1 * grads[name] for name, value in w.items()}
    print(f"{0.5 * np.sum((h - target) ** 2) / 4:.4f}")


if __name__ == "__main__":
    main()
