"""Helpers of layers in another file: the windows of images as columns."""
# ruff: noqa (code as people write it)

import numpy as np


def image_to_columns(x, kh, kw):
    n, h, w, c = x.shape
    rows, cols = h - kh + 1, w - kw + 1
    out = np.zeros((n, rows, cols, kh * kw * c))
    for i in range(rows):
        for j in range(cols):
            out[:, i, j, :] = x[:, i : i + kh, j : j + kw, :].reshape(n, -1)
    return out.reshape(-1, kh * kw * c), rows, cols


def columns_to_image(columns, shape, kh, kw):
    n, h, w, c = shape
    rows, cols = h - kh + 1, w - kw + 1
    parts = columns.reshape(n, rows, cols, kh, kw, c)
    x = np.zeros(shape)
    for i in range(rows):
        for j in range(cols):
            x[:, i : i + kh, j : j + kw, :] += parts[:, i, j]
    return x
