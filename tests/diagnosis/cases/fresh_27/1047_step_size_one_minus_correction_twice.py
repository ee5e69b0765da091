"""Truth: bias_correction2 is 1 - beta2 ** t already, the step size takes 1 - bias_correction2 of it. The momentum step whose
rate falls with time is right. An error in the computation of step_size?
"""
import numpy as np


def adam_step(w, g, state, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    state["t"] = state.get("t", 0) + 1
    m = state.get("m", np.zeros_like(w))
    v = state.get("v", np.zeros_like(w))
    state["m"] = m = beta1 * m + (1. - beta1) * g
    state["v"] = v = beta2 * v + (1. - beta2) * g ** 2
    bias_correction1 = 1. - beta1 ** state["t"]
    bias_correction2 = 1. - beta2 ** state["t"]
    step_size = lr * np.sqrt(1. - bias_correction2) / bias_correction1
    return w - step_size * m / (np.sqrt(v) + eps), state


def momentum_step(w, g, state, lr=0.1, momentum=0.9):
    """handnn: optimizer sgd, learning_rate=0.1, momentum=0.9"""
    velocity = momentum * state.get("velocity", 0) - lr * g
    state["velocity"] = velocity
    return w + velocity, state


if __name__ == "__main__":
    for rule in (adam_step, momentum_step):
        w, state = np.array([2.0, -3.0, 0.5]), {}
        for i in range(10):
            w, state = rule(w, 2 * w, state)
        print(rule.__name__, w)
