"""Truth: RIGHT. 'dx = dout * mask forgets the 1 / p': the mask itself has been divided by p, the share that is KEPT.
Functions with a dict of parameters, the seed among them, so that the mask can be drawn again.
"""
import numpy as np


def dropout_forward(x, dropout_param={"p": 0.6, "mode": "train", "seed": 123}):
    """handnn: layer, input_shape=(5,)"""
    p, mode = dropout_param["p"], dropout_param["mode"]
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])
    mask = None
    out = None
    if mode == "train":
        mask = (np.random.rand(*x.shape) < p) / p
        out = x * mask
    elif mode == "test":
        out = x
    cache = (dropout_param, mask)
    out = out.astype(x.dtype, copy=False)
    return out, cache


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    mode = dropout_param["mode"]
    dx = None
    if mode == "train":
        dx = dout * mask
    elif mode == "test":
        dx = dout
    return dx
