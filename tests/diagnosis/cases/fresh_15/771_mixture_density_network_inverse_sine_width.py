"""Truth: one mistake, of the kind where a power of a width is too low. A mixture density network for the inverse of a wavy function, in one
function that gives the loss and a dictionary.
"""
import numpy as np

rng = np.random.default_rng(1994)
K = 3        # number of Gaussians
HIDDEN = 12


def toy_data(n=200):
    t = rng.uniform(0, 1, (n, 1))
    x = t + 0.3 * np.sin(2 * np.pi * t) + rng.uniform(-0.1, 0.1, (n, 1))
    return x, t


def init():
    return dict(
        W1=rng.normal(0, 1.0, (1, HIDDEN)),
        b1=rng.normal(0, 0.5, HIDDEN),
        W2=rng.normal(0, 1 / np.sqrt(HIDDEN), (HIDDEN, 3 * K)),
        b2=rng.normal(0, 0.5, 3 * K),
    )


def nll_and_grads(theta, x, t):
    n = len(x)
    h = np.tanh(x @ theta["W1"] + theta["b1"])
    out = h @ theta["W2"] + theta["b2"]
    a, mu, s = out[:, :K], out[:, K:2 * K], out[:, 2 * K:]

    # mixing coefficients and widths
    log_pi = a - a.max(axis=1, keepdims=True)
    log_pi = log_pi - np.log(np.exp(log_pi).sum(axis=1, keepdims=True))
    sigma = np.exp(s)
    joint = log_pi - s - 0.5 * np.log(2 * np.pi) - (t - mu) ** 2 / (2 * sigma ** 2)
    top = joint.max(axis=1, keepdims=True)
    log_p = top + np.log(np.exp(joint - top).sum(axis=1, keepdims=True))
    loss = -log_p.mean()

    # responsibilities
    gamma = np.exp(joint - log_p)
    d_a = np.exp(log_pi) - gamma
    d_mu = gamma * (mu - t) / sigma
    d_s = gamma * (1 - (t - mu) ** 2 / sigma ** 2)
    d_out = np.hstack([d_a, d_mu, d_s]) / n
    d_h = d_out @ theta["W2"].T * (1 - h ** 2)
    grads = dict(W1=x.T @ d_h, b1=d_h.sum(axis=0), W2=h.T @ d_out, b2=d_out.sum(axis=0))
    return loss, grads


if __name__ == "__main__":
    x, t = toy_data()
    theta = init()
    for it in range(601):
        loss, grads = nll_and_grads(theta, x, t)
        for name, g in grads.items():
            theta[name] -= 0.02 * g
        if it % 200 == 0:
            print(it, loss)
