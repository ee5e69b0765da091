"""Truth: all right. Rules of the form w, config = rule(w, dw, config): Nesterov without looking ahead, Adam with running
products of the betas and the correction in the rate, AdamW. Shouldn't epsilon be corrected as well? (It is.)
"""
import numpy as np


def sgd_nesterov(w, dw, config=None):
    """handnn: optimizer sgd, learning_rate=0.01, momentum=0.9, nesterov=True"""
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("momentum", 0.9)
    mu = config["momentum"]
    v_prev = config.get("velocity", np.zeros_like(w))
    v = mu * v_prev - config["learning_rate"] * dw
    config["velocity"] = v
    return w - mu * v_prev + (1 + mu) * v, config


def adam(w, dw, config=None):
    """handnn: optimizer adam, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-8"""
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-3)
    config.setdefault("beta1", 0.9)
    config.setdefault("beta2", 0.999)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("m", np.zeros_like(w))
    config.setdefault("v", np.zeros_like(w))
    b1, b2 = config["beta1"], config["beta2"]
    # beta ** t, multiplied up from step to step
    config["b1t"] = config.get("b1t", 1.0) * b1
    config["b2t"] = config.get("b2t", 1.0) * b2
    config["m"] = config["m"] + (1 - b1) * (dw - config["m"])
    config["v"] = config["v"] + (1 - b2) * (dw * dw - config["v"])
    root = np.sqrt(1 - config["b2t"])
    rate = config["learning_rate"] * root / (1 - config["b1t"])
    return w - rate * config["m"] / (np.sqrt(config["v"]) + config["epsilon"] * root), config


def adamw(w, dw, config=None):
    """handnn: optimizer adamw, learning_rate=0.001, weight_decay=0.05, beta_1=0.9, beta_2=0.999, epsilon=1e-8"""
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-3)
    config.setdefault("weight_decay", 0.05)
    decayed = (1 - config["learning_rate"] * config["weight_decay"]) * w
    return adam(decayed, dw, config)
