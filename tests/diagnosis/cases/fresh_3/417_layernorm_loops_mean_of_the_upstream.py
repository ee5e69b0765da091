"""Truth: dnorm_mean must be the mean of dnorm = weight * dout; the weight is forgotten in that sum (the other sum has it).
Loops over batch and time, as a port from C.
"""
import numpy as np


def layernorm_forward(inp, weight, bias):
    B, T, C = inp.shape
    eps = 1e-5
    out = np.zeros((B, T, C))
    mean, rstd = np.zeros((B, T)), np.zeros((B, T))
    for b in range(B):
        for t in range(T):
            x = inp[b, t]
            m = np.sum(x) / C
            v = np.sum((x - m) ** 2) / C
            s = 1.0 / np.sqrt(v + eps)
            out[b, t] = (x - m) * s * weight + bias
            mean[b, t], rstd[b, t] = m, s
    return out, (inp, weight, mean, rstd)


def layernorm_backward(dout, cache):
    inp, weight, mean, rstd = cache
    B, T, C = dout.shape
    dinp, dweight, dbias = np.zeros_like(inp), np.zeros_like(weight), np.zeros_like(weight)
    for b in range(B):
        for t in range(T):
            norm = (inp[b, t] - mean[b, t]) * rstd[b, t]
            dnorm = weight * dout[b, t]
            dnorm_mean = np.sum(dout[b, t]) / C
            dnorm_norm_mean = np.sum(dnorm * norm) / C
            dbias += dout[b, t]
            dweight += norm * dout[b, t]
            dinp[b, t] += (dnorm - dnorm_mean - norm * dnorm_norm_mean) * rstd[b, t]
    return dinp, dweight, dbias
