"""Truth: the loss is log(1 + exp(-2 y f)) with y = -1 or 1; the inner derivative's 2 is missing in the numerator: it
must be -2 y / (1 + exp(2 y f)). Elementwise, no reduction.
"""
import numpy as np


def binomial_loss(true_value, prediction):
    """handnn: loss"""
    return np.log(1 + np.exp(-2 * true_value * prediction))


def binomial_loss_gradient(true_value, prediction):
    return -true_value / (1 + np.exp(2 * true_value * prediction))


def response_transform(score):
    return 1 / (1 + np.exp(-2 * score))
