"""Truth: RIGHT. Suspected for its sign: epdlogp is y - p, the derivative of the log-likelihood of the actions taken,
which is to be climbed. Two layers without biases in a dict, an episode's rows stacked, relu by setting to 0.
"""
import numpy as np

H, D = 5, 4
model = {"W1": np.random.RandomState(0).randn(H, D) / np.sqrt(D), "W2": np.random.RandomState(1).randn(H) / np.sqrt(H)}


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def policy_forward(x):
    h = np.dot(model["W1"], x)
    h[h < 0] = 0
    logp = np.dot(model["W2"], h)
    p = sigmoid(logp)
    return p, h


def policy_backward(epx, epy):
    """handnn: network 4-5-1 relu sigmoid binary_crossentropy"""
    hs, dlogps = [], []
    for x, y in zip(epx, epy):
        aprob, h = policy_forward(x)
        hs.append(h)
        dlogps.append(y - aprob)
    eph = np.vstack(hs)
    epdlogp = np.vstack(dlogps)
    dW2 = np.dot(eph.T, epdlogp).ravel()
    dh = np.outer(epdlogp, model["W2"])
    dh[eph <= 0] = 0
    dW1 = np.dot(dh.T, epx)
    return {"W1": dW1, "W2": dW2}
