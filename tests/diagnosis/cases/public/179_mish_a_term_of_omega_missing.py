"""Truth: omega lacks the term e^(3x): it must be 4 (x + 1) + 4 e^(2x) + e^(3x) + e^x (4x + 6). Above the threshold the
gradient is handed on, which is right.
"""
import numpy as np


def mish(X, threshold=20.0):
    """handnn: activation mish"""
    Y = np.tanh(np.log(1.0 + np.exp(np.minimum(X, threshold))))
    Y = Y * X
    return np.where(X < threshold, Y, X)


def mish_backward(dY, X, threshold=20.0):
    dX = dY.copy()
    indices = X < threshold
    Xsub = X[indices]
    dYsub = dY[indices]
    omega = 4.0 * (Xsub + 1.0)
    omega += 4.0 * np.exp(2.0 * Xsub)
    omega += np.exp(Xsub) * ((4.0 * Xsub) + 6.0)
    delta = 2.0 * np.exp(Xsub)
    delta += np.exp(2.0 * Xsub)
    delta += 2.0
    dX[indices] = dYsub * ((np.exp(Xsub) * omega) / (delta**2))
    return dX
