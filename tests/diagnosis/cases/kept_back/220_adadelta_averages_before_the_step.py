"""Truth: two mistakes. The average of squared steps, E_p, is brought up to date BEFORE the step is computed from it,
and with n / sqrt(E_g) times the gradient instead of the step taken: it must be E_g, then the step, then E_p from
the step.
"""
import numpy as np


def adadelta(param, g, state, gamma=0.9, eps=1e-6):
    """handnn: optimizer adadelta, learning_rate=1.0, rho=0.9, epsilon=1e-6"""
    if not state:
        state["E_g"] = np.zeros_like(param)
        state["E_p"] = np.zeros_like(param)
    state["E_g"] = gamma * state["E_g"] + (1 - gamma) * g**2
    p = 0.01 / np.sqrt(state["E_g"] + eps) * g
    E_p = gamma * state["E_p"] + (1 - gamma) * p**2
    state["E_p"] = E_p
    delta = np.sqrt(state["E_p"] + eps) / np.sqrt(state["E_g"] + eps) * g
    return param - delta, state
