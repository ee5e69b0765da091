"""Truth: RIGHT. Group normalization of images as two functions with a cache; G groups of channels."""
import numpy as np


def groupnorm_forward(x, gamma, beta, G=2, eps=1e-5):
    N, C, H, W = x.shape
    grouped = x.reshape(N * G, -1)
    mean = grouped.mean(axis=1, keepdims=True)
    var = grouped.var(axis=1, keepdims=True)
    std = np.sqrt(var + eps)
    x_hat = ((grouped - mean) / std).reshape(N, C, H, W)
    out = gamma * x_hat + beta
    return out, (x_hat, gamma, std, G)


def groupnorm_backward(dout, cache):
    x_hat, gamma, std, G = cache
    N, C, H, W = dout.shape
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3), keepdims=True)
    dh = (dout * gamma).reshape(N * G, -1)
    h = x_hat.reshape(N * G, -1)
    m = h.shape[1]
    dx = (m * dh - dh.sum(axis=1, keepdims=True) - h * (dh * h).sum(axis=1, keepdims=True)) / (m * std)
    return dx.reshape(N, C, H, W), dgamma, dbeta
