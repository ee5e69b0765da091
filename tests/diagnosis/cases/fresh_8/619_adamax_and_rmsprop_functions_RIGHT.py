"""Truth: RIGHT. One function for each rule, the state in a dict that is handed back."""
import numpy as np


def adamax(w, dw, config=None):
    """handnn: optimizer adamax, learning_rate=0.002, epsilon=1e-8"""
    config = {} if config is None else config
    config.setdefault("learning_rate", 0.002)
    m = config.get("m", np.zeros_like(w))
    u = config.get("u", np.zeros_like(w))
    t = config.get("t", 0) + 1
    m = 0.9 * m + 0.1 * dw
    u = np.maximum(0.999 * u, np.abs(dw))
    config.update(m=m, u=u, t=t)
    return w - config["learning_rate"] / (1 - 0.9**t) * m / (u + 1e-8), config


def rmsprop(w, dw, config=None):
    """handnn: optimizer rmsprop, learning_rate=0.01, rho=0.99, epsilon=1e-8"""
    config = {} if config is None else config
    cache = config.get("cache", np.zeros_like(w))
    cache = 0.99 * cache + 0.01 * dw**2
    config["cache"] = cache
    return w - 0.01 * dw / (np.sqrt(cache) + 1e-8), config
