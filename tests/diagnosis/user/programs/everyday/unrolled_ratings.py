"""A cost and its gradient of one vector, which is taken apart by the sizes that are given."""

import numpy as np


def unroll(X, Theta):
    return np.concatenate((X.flatten(), Theta.flatten()))


def cofi_cost(params, Y, R, num_users, num_movies, num_features, Lambda):
    X = params[0 : num_movies * num_features].reshape((num_movies, num_features))
    Theta = params[num_movies * num_features :].reshape((num_users, num_features))
    error = (X.dot(Theta.T) - Y) * R
    J = np.sum(error**2) / 2
    J = J + Lambda / 2 * np.sum(Theta**2) + Lambda / 2 * np.sum(X**2)
    return J


def cofi_grad(params, Y, R, num_users, num_movies, num_features, Lambda):
    X = params[0 : num_movies * num_features].reshape((num_movies, num_features))
    Theta = params[num_movies * num_features :].reshape((num_users, num_features))
    error = (X.dot(Theta.T) - Y) * R
    X_grad = error.dot(Theta) + Lambda * X
    Theta_grad = error.T.dot(X) + Lambda * Theta
    return unroll(X_grad, Theta_grad)
