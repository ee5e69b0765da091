"""Truth: RIGHT. So few units that the sum over all pictures can be counted out: the gradient of the mean negative log-likelihood is what
the model expects minus what the data show, with the hidden units as probabilities and never drawn.
"""
import numpy as np
from itertools import product

NV, NH = 4, 3
ALL = np.array(list(product([0.0, 1.0], repeat=NV)))


def free_energy(v, W, a, b):
    return -v @ a - np.logaddexp(0, v @ W + b).sum(axis=1)


def log_partition(W, a, b):
    f = -free_energy(ALL, W, a, b)
    top = f.max()
    return top + np.log(np.exp(f - top).sum())


def nll(v, W, a, b):
    return free_energy(v, W, a, b).mean() + log_partition(W, a, b)


def hidden_given(v, W, b):
    return 1.0 / (1.0 + np.exp(-(v @ W + b)))


def nll_gradient(v, W, a, b):
    weight = np.exp(-free_energy(ALL, W, a, b) - log_partition(W, a, b))
    h_data, h_model = hidden_given(v, W, b), hidden_given(ALL, W, b)
    dW = (ALL * weight[:, None]).T @ h_model - v.T @ h_data / len(v)
    da = weight @ ALL - v.mean(axis=0)
    db = weight @ h_model - h_data.mean(axis=0)
    return dW, da, db


if __name__ == "__main__":
    rng = np.random.default_rng(8)
    data = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 0, 0], [1, 0, 0, 1]], dtype=float)
    W, a, b = 0.1 * rng.normal(size=(NV, NH)), np.zeros(NV), np.zeros(NH)
    for it in range(500):
        dW, da, db = nll_gradient(data, W, a, b)
        W -= 0.2 * dW
        a -= 0.2 * da
        b -= 0.2 * db
        if it % 100 == 0:
            print(it, nll(data, W, a, b))
