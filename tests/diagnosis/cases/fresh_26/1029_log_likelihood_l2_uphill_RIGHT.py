"""Truth: all right: the gradient of the log likelihood less l2 * |w|^2, without the intercept w[0], and steps uphill. By
slices and weight by weight I get different results, so which of both is the wrong one? (Neither.)
"""
import numpy as np


def log_likelihood(w, X, y, l2_term):
    score = X.dot(w)
    indicator = (y == +1).astype(float)
    fit = np.sum((indicator - 1) * score - np.log(1.0 + np.exp(-score)))
    return fit - l2_term * np.sum(w[1:] ** 2)


def log_likelihood_gradient(w, X, y, l2_term):
    prob = 1.0 / (1.0 + np.exp(-X.dot(w)))
    indicator = (y == +1)
    errors = indicator - prob
    derivative = X.T.dot(errors)
    derivative[1:] -= 2 * l2_term * w[1:]
    return derivative


def logistic_regression_with_L2(X, y, initial_w, step_size, l2_term, max_iter=100):
    w = np.array(initial_w)
    for itr in range(max_iter):
        w = w + step_size * log_likelihood_gradient(w, X, y, l2_term)
        if itr % 25 == 0:
            print(itr, log_likelihood(w, X, y, l2_term))
    return w


if __name__ == "__main__":
    rng = np.random.RandomState(12)
    X = np.hstack([np.ones((30, 1)), rng.randn(30, 3)])
    y = np.where(X @ np.array([0.3, 1.0, -2.0, 0.5]) + 0.5 * rng.randn(30) > 0, 1, -1)
    print(logistic_regression_with_L2(X, y, np.zeros(4), 1e-2, 0.5))
