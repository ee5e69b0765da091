"""Truth: RIGHT. '(1 - eta lambda / n) w looks wrong, the penalty's gradient is lambda w' was said: the same, collected.
The sums over the mini-batch, nabla_w, are divided by its length; biases do not decay.
"""
import numpy as np


def sgd_update(weights, nabla_w, eta=0.5, lmbda=0.2, n=10, batch=1):
    """handnn: optimizer sgd, learning_rate=0.5, weight_decay=0.02"""
    return [(1 - eta * (lmbda / n)) * w - (eta / batch) * nw for w, nw in zip(weights, nabla_w)]


def sgd_update_biases(biases, nabla_b, eta=0.5, batch=1):
    """handnn: optimizer sgd, learning_rate=0.5"""
    return [b - (eta / batch) * nb for b, nb in zip(biases, nabla_b)]
