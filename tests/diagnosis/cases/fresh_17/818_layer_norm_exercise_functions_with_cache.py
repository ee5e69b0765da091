"""Truth: the number that the layer norm averages over on the way back. Exercise functions, each forward returns out and a cache; at the
end a net of two layers trained by a loop.
"""
import numpy as np


def affine_forward(x, w, b):
    """
    Inputs:
    - x: (N, d_1, ..., d_k)
    - w: (D, M)
    - b: (M,)
    """
    out = x.reshape(x.shape[0], -1).dot(w) + b
    cache = (x, w, b)
    return out, cache


def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout.dot(w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T.dot(dout)
    db = dout.sum(axis=0)
    return dx, dw, db


def relu_forward(x):
    out = np.maximum(0, x)
    cache = x
    return out, cache


def relu_backward(dout, cache):
    x = cache
    dx = dout * (x > 0)
    return dx


def layernorm_forward(x, gamma, beta, ln_param):
    """
    Like batch normalization, but each row is normalized by its own mean and variance.

    - x: (N, D), gamma and beta: (D,)
    """
    eps = ln_param.get("eps", 1e-5)
    mean = np.mean(x, axis=1, keepdims=True)
    var = np.var(x, axis=1, keepdims=True)
    std = np.sqrt(var + eps)
    x_norm = (x - mean) / std
    out = gamma * x_norm + beta
    cache = (x_norm, std, gamma)
    return out, cache


def layernorm_backward(dout, cache):
    x_norm, std, gamma = cache
    N, D = dout.shape
    dgamma = np.sum(dout * x_norm, axis=0)
    dbeta = np.sum(dout, axis=0)
    dx_norm = dout * gamma
    dx = (1.0 / N) / std * (N * dx_norm - np.sum(dx_norm, axis=1, keepdims=True)
                            - x_norm * np.sum(dx_norm * x_norm, axis=1, keepdims=True))
    return dx, dgamma, dbeta


def softmax_loss(x, y):
    shifted = x - np.max(x, axis=1, keepdims=True)
    Z = np.sum(np.exp(shifted), axis=1, keepdims=True)
    log_probs = shifted - np.log(Z)
    probs = np.exp(log_probs)
    N = x.shape[0]
    loss = -np.sum(log_probs[np.arange(N), y]) / N
    dx = probs.copy()
    dx[np.arange(N), y] -= 1
    dx /= N
    return loss, dx


if __name__ == "__main__":
    np.random.seed(231)
    N, D, H, C = 40, 10, 15, 4
    x = np.random.randn(N, 2, 5)
    y = np.random.randint(C, size=N)
    p = {"W1": 0.3 * np.random.randn(D, H), "b1": np.zeros(H), "gamma": np.ones(H), "beta": np.zeros(H),
         "W2": 0.3 * np.random.randn(H, C), "b2": np.zeros(C)}
    for it in range(200):
        a, c1 = affine_forward(x, p["W1"], p["b1"])
        n, c2 = layernorm_forward(a, p["gamma"], p["beta"], {})
        h, c3 = relu_forward(n)
        scores, c4 = affine_forward(h, p["W2"], p["b2"])
        loss, dscores = softmax_loss(scores, y)
        g = {}
        dh, g["W2"], g["b2"] = affine_backward(dscores, c4)
        dn = relu_backward(dh, c3)
        da, g["gamma"], g["beta"] = layernorm_backward(dn, c2)
        _, g["W1"], g["b1"] = affine_backward(da, c1)
        for k in p:
            p[k] -= 0.3 * g[k]
        if it % 50 == 0:
            print("(Iteration %d / 200) loss: %f" % (it, loss))
