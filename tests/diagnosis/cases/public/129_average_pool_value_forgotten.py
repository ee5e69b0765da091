"""Truth: distribute_value spreads 1 / (n_H n_W) over the window; the gradient dz that is to be distributed is
forgotten: it must be dz / (n_H n_W). (The exercise's test had dz = 2 and expected 0.5 for 2 x 2; 0.25 came out.)
"""
import numpy as np


def pool_forward(A_prev, hparameters={"f": 2, "stride": 2}):
    """handnn: layer AveragePooling2D(2), input_shape=(4, 4, 2)"""
    f, stride = hparameters["f"], hparameters["stride"]
    (m, n_H_prev, n_W_prev, n_C) = A_prev.shape
    n_H = int(1 + (n_H_prev - f) / stride)
    n_W = int(1 + (n_W_prev - f) / stride)
    A = np.zeros((m, n_H, n_W, n_C))
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    A[i, h, w, c] = np.mean(A_prev[i, h * stride : h * stride + f, w * stride : w * stride + f, c])
    return A, (A_prev, hparameters)


def distribute_value(dz, shape):
    (n_H, n_W) = shape
    average = 1 / (n_H * n_W)
    return np.ones(shape) * average


def pool_backward(dA, cache):
    (A_prev, hparameters) = cache
    f, stride = hparameters["f"], hparameters["stride"]
    dA_prev = np.zeros_like(A_prev)
    (m, n_H, n_W, n_C) = dA.shape
    for i in range(m):
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    vert, horiz = h * stride, w * stride
                    dA_prev[i, vert : vert + f, horiz : horiz + f, c] += distribute_value(dA[i, h, w, c], (f, f))
    return dA_prev
