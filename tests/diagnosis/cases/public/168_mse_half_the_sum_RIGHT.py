"""Truth: RIGHT as a convention: half the SUM of squares with its derivative. 'Should be divided by y.size' was
reported, which is what the name promises; value and derivative belong together all the same.
"""
import numpy as np


def MSE(yHat, y):
    """handnn: loss mean_squared_error"""
    return np.sum((yHat - y) ** 2) / 2.0


def MSE_prime(yHat, y):
    return yHat - y


def SSE_of(weights, X, y):
    """Half the sum of squares of a linear model."""
    return MSE(np.dot(X, weights), y)
