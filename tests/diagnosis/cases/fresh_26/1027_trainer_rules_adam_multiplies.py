"""Truth: Adam multiplies by 1 - beta ** t where the paper divides. Nesterov, Adagrad and Adadelta are right. In my copy of
a trainer Adam performs so much worse than Adadelta - what is wrong with its estimates?
"""
import numpy as np


def nesterov(w, dw, state):
    """handnn: optimizer SGD, learning_rate=0.05, momentum=0.9, nesterov=True"""
    gsum = state.get("gsum", np.zeros_like(w))
    before = gsum
    gsum = gsum * 0.9 + 0.05 * dw
    state["gsum"] = gsum
    return w + 0.9 * before - 1.9 * gsum


def adagrad(w, dw, state):
    """handnn: optimizer adagrad, learning_rate=0.05, epsilon=1e-8, initial_accumulator_value=0.0"""
    state["gsum"] = state.get("gsum", 0.0) + dw * dw
    return w - 0.05 * dw / (np.sqrt(state["gsum"]) + 1e-8)


def adadelta(w, dw, state):
    """handnn: optimizer adadelta, learning_rate=1.0, rho=0.95, epsilon=1e-6"""
    ro, eps = 0.95, 1e-6
    gsum = ro * state.get("gsum", np.zeros_like(w)) + (1 - ro) * dw * dw
    xsum = state.get("xsum", np.zeros_like(w))
    dx = -np.sqrt((xsum + eps) / (gsum + eps)) * dw
    state["gsum"] = gsum
    state["xsum"] = ro * xsum + (1 - ro) * dx * dx
    return w + dx


def adam(w, dw, state):
    """handnn: optimizer adam, learning_rate=0.05, beta_1=0.9, beta_2=0.99, epsilon=1e-8"""
    beta1, beta2, eps = 0.9, 0.99, 1e-8
    state["k"] = k = state.get("k", 0) + 1
    state["gsum"] = beta1 * state.get("gsum", np.zeros_like(w)) + (1 - beta1) * dw
    state["xsum"] = beta2 * state.get("xsum", np.zeros_like(w)) + (1 - beta2) * dw * dw
    bias1 = state["gsum"] * (1 - beta1 ** k)
    bias2 = state["xsum"] * (1 - beta2 ** k)
    return w - 0.05 * bias1 / (np.sqrt(bias2) + eps)


if __name__ == "__main__":
    target = np.array([1.0, -2.0, 0.5])
    for rule in (nesterov, adagrad, adadelta, adam):
        w, state = np.zeros(3), {}
        for step in range(100):
            w = rule(w, w - target, state)
        print(rule.__name__, w)
