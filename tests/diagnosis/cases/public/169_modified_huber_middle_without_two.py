"""Truth: between -1 and 1 the loss is (1 - d)^2 with d = y f(x); its derivative by f is -2 y (1 - d), the code has
-(y - d y). The linear branch below -1 (slope -4 y) is right, so it is no common factor.
"""
import numpy as np


def modified_huber(y, f):
    """handnn: loss"""
    d = y * f
    return np.sum(np.where(d < -1.0, -4.0 * d, np.maximum(0.0, 1.0 - d) ** 2))


def modified_huber_gradient(y, f):
    g = np.zeros_like(f)
    for i in range(len(f)):
        d = y[i] * f[i]
        if d < -1.0:
            g[i] = -4.0 * y[i]
        elif d < 1.0:
            g[i] = -(y[i] - (d * y[i]))
    return g
