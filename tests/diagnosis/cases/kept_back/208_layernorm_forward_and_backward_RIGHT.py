"""Truth: RIGHT. Written by transposing batch normalization's code; its author doubted the transposes. (N, D) rows, the
statistics of each row, gamma and beta of the columns; cache as a tuple, step by step.
"""
import numpy as np


def layernorm_forward(x, gamma, beta, ln_param={"eps": 1e-5}):
    eps = ln_param.get("eps", 1e-5)
    xT = x.T
    mu = np.mean(xT, axis=0)
    xmu = xT - mu
    var = np.mean(xmu**2, axis=0)
    std = np.sqrt(var + eps)
    x_hat = xmu / std
    out = gamma * x_hat.T + beta
    cache = (x_hat, gamma, xmu, std)
    return out, cache


def layernorm_backward(dout, cache):
    x_hat, gamma, xmu, std = cache
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * x_hat.T, axis=0)
    dx_hat = (dout * gamma).T
    D, N = dx_hat.shape
    dstd = -np.sum(dx_hat * xmu, axis=0) / std**2
    dvar = 0.5 * dstd / std
    dxmu = dx_hat / std + 2 * xmu * dvar / D
    dmu = -np.sum(dxmu, axis=0)
    dx = (dxmu + dmu / D).T
    return dx, dgamma, dbeta
