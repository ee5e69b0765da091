"""Gradient descent that returns its weights, and keeps no output: only its difference from the labels."""
import numpy as np
def gradientDescent(X, y, theta, alpha, num_iters):
    m = len(y)
    for i in range(num_iters):
        error = X.dot(theta) - y
        theta = theta - (alpha/m)*X.T.dot(error)
    return theta
