"""Truth: the running average is that of the gradient, its SQUARE belongs there: under the root come numbers of both
signs. The average is handed in and returned.
"""
import numpy as np


def initial_average(parameters):
    return np.zeros_like(parameters)


def rmsprop_step(learning_rate, parameters, gradient, running_avg, epsilon=1e-8):
    """handnn: optimizer rmsprop, learning_rate=0.01, rho=0.9, epsilon=1e-8"""
    running_avg = running_avg * 0.9 + (1 - 0.9) * gradient
    parameters = parameters - learning_rate * gradient / np.sqrt(running_avg + epsilon)
    return parameters, running_avg
