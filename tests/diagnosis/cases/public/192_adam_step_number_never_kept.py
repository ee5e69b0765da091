"""Truth: t = config['t'] + 1 is not written back: the bias corrections are those of the first step for ever. It must be
config['t'] += 1 (and used). State in a dict that is handed in and returned.
"""
import numpy as np


def adam(w, dw, config=None):
    """
    Adam update with moving averages of the gradient and its square.

    config: learning_rate, beta1, beta2, epsilon, m, v, t
    """
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-3)
    config.setdefault("beta1", 0.9)
    config.setdefault("beta2", 0.999)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("m", np.zeros_like(w))
    config.setdefault("v", np.zeros_like(w))
    config.setdefault("t", 0)

    beta1, beta2, eps = config["beta1"], config["beta2"], config["epsilon"]
    t = config["t"] + 1
    m = beta1 * config["m"] + (1 - beta1) * dw
    v = beta2 * config["v"] + (1 - beta2) * (dw**2)
    mt = m / (1 - beta1**t)
    vt = v / (1 - beta2**t)
    next_w = w - config["learning_rate"] * mt / (np.sqrt(vt) + eps)
    config["m"], config["v"] = m, v
    return next_w, config
