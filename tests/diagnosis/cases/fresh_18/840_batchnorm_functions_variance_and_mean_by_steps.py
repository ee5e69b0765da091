"""Truth: how many samples the variance is shared by. Batch normalization as two functions with mode and running values, by steps."""
import numpy as np


def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    D = x.shape[1]
    running_mean = bn_param.get("running_mean", np.zeros(D))
    running_var = bn_param.get("running_var", np.ones(D))
    if mode == "train":
        mu = np.mean(x, axis=0)
        var = np.var(x, axis=0)
        inv_std = 1.0 / np.sqrt(var + eps)
        x_hat = (x - mu) * inv_std
        out = gamma * x_hat + beta
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mu
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
        cache = (x, mu, inv_std, x_hat, gamma)
    else:
        out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
        cache = None
    return out, cache


def batchnorm_backward(dout, cache):
    x, mu, inv_std, x_hat, gamma = cache
    N = x.shape[0]
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * x_hat, axis=0)
    dx_hat = dout * gamma
    dvar = np.sum(dx_hat * (x - mu) * -0.5 * inv_std ** 3, axis=0)
    dmu = np.sum(-dx_hat * inv_std, axis=0)
    dx = dx_hat * inv_std + dvar * 2 * (x - mu) + dmu / N
    return dx, dgamma, dbeta


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    x = 4 * rng.randn(40, 3) + 10
    y = (x[:, :1] > 10).astype(float)
    W = 0.1 * rng.randn(3, 1)
    gamma, beta = np.ones(3), np.zeros(3)
    bn_param = {"mode": "train"}
    for it in range(100):
        a, cache = batchnorm_forward(x, gamma, beta, bn_param)
        p = 1 / (1 + np.exp(-a @ W))
        dscore = (p - y) / len(x)
        dx, dgamma, dbeta = batchnorm_backward(dscore @ W.T, cache)
        W -= 0.5 * a.T @ dscore
        gamma -= 0.5 * dgamma
        beta -= 0.5 * dbeta
        if it % 25 == 0:
            print("it", it, "loss", -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
    bn_param["mode"] = "test"
    a, _ = batchnorm_forward(x, gamma, beta, bn_param)
    print("accuracy", np.mean((a @ W > 0) == y))
