"""Truth: the corrections have beta * t where beta ** t belongs, in both lines. A function over a list of parameters, state in
a dict of lists.
"""
import numpy as np


def adam_init(params):
    return {"m": [np.zeros_like(p) for p in params], "v": [np.zeros_like(p) for p in params], "t": 0}


def adam_update(params, grads, state, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8):
    """handnn: optimizer adam, learning_rate=0.01, epsilon=1e-8"""
    state["t"] += 1
    t = state["t"]
    new_params = []
    for i, (p, g) in enumerate(zip(params, grads)):
        state["m"][i] = beta1 * state["m"][i] + (1 - beta1) * g
        state["v"][i] = beta2 * state["v"][i] + (1 - beta2) * g**2
        m_hat = state["m"][i] / (1 - beta1 * t)
        v_hat = state["v"][i] / (1 - beta2 * t)
        new_params.append(p - lr * m_hat / (np.sqrt(np.abs(v_hat)) + eps))
    return new_params, state
