"""Truth: RIGHT. 'Should there not be a rot180 on the filter for dA_prev?' was asked: adding W * dZ into the window
that it came from is the same thing. One image (height, width, channels), stride 1, no padding.
"""
import numpy as np


def conv_single_image(a_prev, W, b):
    """handnn: layer, input_shape=(5, 4, 2)"""
    f, _, _, n_C = W.shape
    n_H, n_W = a_prev.shape[0] - f + 1, a_prev.shape[1] - f + 1
    Z = np.zeros((n_H, n_W, n_C))
    for h in range(n_H):
        for w in range(n_W):
            for c in range(n_C):
                Z[h, w, c] = np.sum(a_prev[h : h + f, w : w + f] * W[..., c]) + float(b[c])
    return Z, (a_prev, W, b)


def conv_single_image_backward(dZ, cache):
    a_prev, W, b = cache
    f = W.shape[0]
    da_prev, dW, db = np.zeros(a_prev.shape), np.zeros(W.shape), np.zeros(b.shape)
    for h in range(dZ.shape[0]):
        for w in range(dZ.shape[1]):
            for c in range(dZ.shape[2]):
                da_prev[h : h + f, w : w + f, :] += W[:, :, :, c] * dZ[h, w, c]
                dW[:, :, :, c] += a_prev[h : h + f, w : w + f, :] * dZ[h, w, c]
                db[c] += dZ[h, w, c]
    return da_prev, dW, db
