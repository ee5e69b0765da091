"""Truth: RIGHT. 'The derivative should be s(x) (1 - s(x)), not x (1 - x)' was reported three times: nonlin is called
with what has been through the sigmoid already. Error is target - output, so the weights go up; no biases.
"""
import numpy as np


def nonlin(x, deriv=False):
    if deriv == True:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


def train_step(syn0, syn1, X, y):
    """handnn: network 3-4-1 sigmoid sigmoid mse"""
    l0 = X
    l1 = nonlin(np.dot(l0, syn0))
    l2 = nonlin(np.dot(l1, syn1))

    # error of the output, scaled by the slope there
    l2_error = y - l2
    l2_delta = l2_error * nonlin(l2, deriv=True)

    # the same one layer down, through the weights as they are
    l1_error = l2_delta.dot(syn1.T)
    l1_delta = l1_error * nonlin(l1, deriv=True)

    syn1 += l1.T.dot(l2_delta)
    syn0 += l0.T.dot(l1_delta)
    return l2_error
