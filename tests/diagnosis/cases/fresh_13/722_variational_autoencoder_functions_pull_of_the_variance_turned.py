"""Truth: the KL part of the gradient of logvar is 0.5 * (exp(logvar) - 1); here it is 0.5 * (1 - exp(logvar)), the sign of the formula with
the minus outside lost. A variational autoencoder with a linear decoder on functions and a dict, noise is handed in.
"""
import numpy as np


def init(n_x, n_h, n_z, rng):
    glorot = lambda a, b: rng.normal(0, np.sqrt(2 / (a + b)), (a, b))
    return dict(W_h=glorot(n_x, n_h), b_h=np.zeros(n_h), W_mu=glorot(n_h, n_z), b_mu=np.zeros(n_z),
                W_lv=glorot(n_h, n_z), b_lv=np.zeros(n_z), W_x=glorot(n_z, n_x), b_x=np.zeros(n_x))


def elbo_forward(theta, x, eps):
    """ the negative bound, summed over the features, averaged over the batch """
    h = np.tanh(x @ theta["W_h"] + theta["b_h"])
    mu = h @ theta["W_mu"] + theta["b_mu"]
    logvar = h @ theta["W_lv"] + theta["b_lv"]
    std = np.exp(0.5 * logvar)
    z = mu + std * eps
    x_hat = z @ theta["W_x"] + theta["b_x"]
    rec = 0.5 * np.sum((x_hat - x) ** 2)
    kl = -0.5 * np.sum(1 + logvar - mu**2 - np.exp(logvar))
    cache = (x, eps, h, mu, logvar, std, z, x_hat)
    return (rec + kl) / x.shape[0], cache


def elbo_backward(theta, cache):
    x, eps, h, mu, logvar, std, z, x_hat = cache
    m = x.shape[0]
    nabla = {}
    d_xhat = (x_hat - x) / m
    nabla["W_x"] = z.T @ d_xhat
    nabla["b_x"] = d_xhat.sum(0)
    d_z = d_xhat @ theta["W_x"].T
    # reparametrization and KL
    d_mu = d_z + mu / m
    d_logvar = d_z * eps * 0.5 * std + 0.5 * (1 - np.exp(logvar)) / m
    nabla["W_mu"] = h.T @ d_mu
    nabla["b_mu"] = d_mu.sum(0)
    nabla["W_lv"] = h.T @ d_logvar
    nabla["b_lv"] = d_logvar.sum(0)
    d_h = d_mu @ theta["W_mu"].T + d_logvar @ theta["W_lv"].T
    d_a = d_h * (1 - h**2)
    nabla["W_h"] = x.T @ d_a
    nabla["b_h"] = d_a.sum(0)
    return nabla


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    data = rng.normal(size=(200, 2)) @ rng.normal(size=(2, 6)) + 0.05 * rng.normal(size=(200, 6))
    theta = init(6, 8, 2, rng)
    for epoch in range(5):
        for start in range(0, len(data), 20):
            batch = data[start:start + 20]
            loss, cache = elbo_forward(theta, batch, rng.normal(size=(len(batch), 2)))
            for name, value in elbo_backward(theta, cache).items():
                theta[name] -= 0.005 * value
    print("loss", loss)
