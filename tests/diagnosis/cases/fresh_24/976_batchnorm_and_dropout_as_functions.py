"""Truth: dropout divides by keep_prob on the way forward only. Batch norm and inverted dropout as plain functions, features in rows, examples in columns."""
import numpy as np


def linear_forward(A, W, b):
    return W @ A + b, (A, W)


def linear_backward(dZ, cache):
    A, W = cache
    return W.T @ dZ, dZ @ A.T, dZ.sum(axis=1, keepdims=True)


def batchnorm_forward(Z, gamma, beta, eps=1e-8):
    mu = np.mean(Z, axis=1, keepdims=True)
    centred = Z - mu
    var = np.mean(centred ** 2, axis=1, keepdims=True)
    std = np.sqrt(var + eps)
    Z_hat = centred / std
    return gamma * Z_hat + beta, (Z_hat, centred, std, gamma)


def batchnorm_backward(dY, cache):
    Z_hat, centred, std, gamma = cache
    m = dY.shape[1]
    dgamma = np.sum(dY * Z_hat, axis=1, keepdims=True)
    dbeta = np.sum(dY, axis=1, keepdims=True)
    dZ_hat = dY * gamma
    dvar = np.sum(dZ_hat * centred, axis=1, keepdims=True) * -0.5 * std ** -3
    dmu = -np.sum(dZ_hat / std, axis=1, keepdims=True) - 2.0 * dvar * np.mean(centred, axis=1, keepdims=True)
    dZ = dZ_hat / std + 2.0 * dvar * centred / m + dmu / m
    return dZ, dgamma, dbeta


def dropout_forward(A, keep_prob, rng):
    D = (rng.random(A.shape) < keep_prob).astype(float)
    return A * D / keep_prob, (D, keep_prob)


def dropout_backward(dA, cache):
    D, keep_prob = cache
    return dA * D


def relu_forward(Z):
    return np.maximum(Z, 0), Z


def relu_backward(dA, Z):
    return np.where(Z > 0, dA, 0.0)


def mse(Y_hat, Y):
    return np.sum((Y_hat - Y) ** 2) / Y.shape[1]


def mse_backward(Y_hat, Y):
    return 2 * (Y_hat - Y) / Y.shape[1]


if __name__ == "__main__":
    rng = np.random.default_rng(31)
    X = rng.normal(size=(4, 50))
    Y = np.sin(X[:1]) + X[1:2]
    P = {"W1": rng.normal(size=(10, 4)) * 0.5, "b1": np.zeros((10, 1)), "g": np.ones((10, 1)),
         "be": np.zeros((10, 1)), "W2": rng.normal(size=(1, 10)) * 0.3, "b2": np.zeros((1, 1))}
    for i in range(150):
        Z1, c1 = linear_forward(X, P["W1"], P["b1"])
        N1, cn = batchnorm_forward(Z1, P["g"], P["be"])
        A1, cr = relu_forward(N1)
        D1, cd = dropout_forward(A1, 0.8, rng)
        Yh, c2 = linear_forward(D1, P["W2"], P["b2"])
        G = {}
        dD1, G["W2"], G["b2"] = linear_backward(mse_backward(Yh, Y), c2)
        dN1 = relu_backward(dropout_backward(dD1, cd), cr)
        dZ1, G["g"], G["be"] = batchnorm_backward(dN1, cn)
        _, G["W1"], G["b1"] = linear_backward(dZ1, c1)
        for k in P:
            P[k] -= 0.03 * G[k]
    print("mse with dropout", mse(Yh, Y))
