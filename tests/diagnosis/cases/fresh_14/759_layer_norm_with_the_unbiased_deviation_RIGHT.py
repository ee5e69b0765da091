"""Truth: RIGHT. This layer norm divides by std + eps, with the deviation over D - 1 numbers: hence D - 1 in the second term, and the
deviation without eps where the root is derived. The block around it adds its input once more.
"""
import numpy as np


def layer_norm_forward(x, gain, shift, eps=1e-6):
    mean = x.mean(-1, keepdims=True)
    std = x.std(-1, ddof=1, keepdims=True)
    centred = x - mean
    out = gain * centred / (std + eps) + shift
    return out, (centred, std, gain, eps)


def layer_norm_backward(dout, cache):
    centred, std, gain, eps = cache
    D = centred.shape[-1]
    axes = tuple(range(dout.ndim - 1))
    dgain = (dout * centred / (std + eps)).sum(axis=axes)
    dshift = dout.sum(axis=axes)
    dn = dout * gain
    dstd = -(dn * centred).sum(-1, keepdims=True) / (std + eps) ** 2
    dcentred = dn / (std + eps) + dstd * centred / ((D - 1) * std)
    dx = dcentred - dcentred.mean(-1, keepdims=True)
    return dx, dgain, dshift


def feed_forward_block_forward(x, p):
    """ x + W2 gelu(W1 norm(x)), with gelu(u) = u * sigmoid(1.702 u) """
    n, norm_cache = layer_norm_forward(x, p["gain"], p["shift"])
    u = n @ p["W1"] + p["b1"]
    s = 1 / (1 + np.exp(-1.702 * u))
    a = u * s
    return x + a @ p["W2"] + p["b2"], (n, norm_cache, u, s, a, p)


def feed_forward_block_backward(dout, cache):
    n, norm_cache, u, s, a, p = cache
    flat = (-1, dout.shape[-1])
    grads = {"b2": dout.reshape(flat).sum(0), "W2": a.reshape(-1, a.shape[-1]).T @ dout.reshape(flat)}
    da = dout @ p["W2"].T
    du = da * (s + 1.702 * a * (1 - s))
    grads["b1"] = du.reshape(-1, du.shape[-1]).sum(0)
    grads["W1"] = n.reshape(flat).T @ du.reshape(-1, du.shape[-1])
    dx, grads["gain"], grads["shift"] = layer_norm_backward(du @ p["W1"].T, norm_cache)
    return dx + dout, grads
