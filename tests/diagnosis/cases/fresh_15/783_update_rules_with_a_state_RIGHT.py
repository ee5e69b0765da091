"""Truth: RIGHT, both. Update rules with a state that is handed in and back: resilient propagation that forgets a gradient whose sign has
turned, and Yogi as published, without a correction of the start.
"""
import numpy as np


def rprop(w, dw, state=None):
    if state is None:
        state = {}
    up, down = state.setdefault("eta_plus", 1.2), state.setdefault("eta_minus", 0.5)
    delta = state.get("delta", np.full_like(w, 0.1))
    before = state.get("dw", np.zeros_like(w))

    agree = np.sign(dw * before)
    delta = np.where(agree > 0, np.minimum(delta * up, 50.0), delta)
    delta = np.where(agree < 0, np.maximum(delta * down, 1e-6), delta)
    dw = np.where(agree < 0, 0.0, dw)
    next_w = w - np.sign(dw) * delta

    state["delta"], state["dw"] = delta, dw
    return next_w, state


def yogi(w, dw, state=None):
    if state is None:
        state = {}
    lr = state.setdefault("learning_rate", 1e-2)
    beta1, beta2 = state.setdefault("beta1", 0.9), state.setdefault("beta2", 0.999)
    epsilon = state.setdefault("epsilon", 1e-3)
    m = state.get("m", np.zeros_like(w))
    v = state.get("v", np.zeros_like(w))

    square = dw ** 2
    m = beta1 * m + (1 - beta1) * dw
    v = v - (1 - beta2) * np.sign(v - square) * square
    next_w = w - lr * m / (np.sqrt(v) + epsilon)

    state["m"], state["v"] = m, v
    return next_w, state


def descend(rule, w, steps=300):
    curvature = np.array([1.0, 10.0, 0.1])
    state = None
    for _ in range(steps):
        w, state = rule(w, curvature * (w - 2.0), state)
    return w


if __name__ == "__main__":
    start = np.array([-1.0, 4.0, 0.5])
    print("rprop", descend(rprop, start))
    print("yogi", descend(yogi, start))
