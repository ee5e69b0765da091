"""Truth: the intercept's gradient of the multinomial model is not averaged. Gaussian, binomial and multinomial models with an elastic net, after R."""
import numpy as np

set_seed = np.random.RandomState(12)


def nll_gaussian(beta0, beta, x, y, lam, alpha):
    n = len(y)
    r = beta0 + x @ beta - y
    pen = lam * (0.5 * (1 - alpha) * np.sum(beta ** 2) + alpha * np.sum(np.abs(beta)))
    return np.sum(r ** 2) / (2 * n) + pen


def gr_gaussian(beta0, beta, x, y, lam, alpha):
    n = len(y)
    r = beta0 + x @ beta - y
    g0 = np.sum(r) / n
    g = x.T @ r / n + lam * ((1 - alpha) * beta + alpha * np.sign(beta))
    return g0, g


def nll_binomial(beta0, beta, x, y, lam, alpha):
    eta = beta0 + x @ beta
    pen = lam * (0.5 * (1 - alpha) * np.sum(beta ** 2) + alpha * np.sum(np.abs(beta)))
    return np.mean(np.log1p(np.exp(eta)) - y * eta) + pen


def gr_binomial(beta0, beta, x, y, lam, alpha):
    eta = beta0 + x @ beta
    mu = 1 / (1 + np.exp(-eta))
    g0 = np.mean(mu - y)
    g = x.T @ (mu - y) / len(y) + lam * ((1 - alpha) * beta + alpha * np.sign(beta))
    return g0, g


def nll_multinomial(B0, B, x, Y, lam, alpha):
    eta = x @ B + B0
    eta = eta - eta.max(axis=1, keepdims=True)
    lse = np.log(np.exp(eta).sum(axis=1))
    pen = lam * (0.5 * (1 - alpha) * np.sum(B ** 2) + alpha * np.sum(np.abs(B)))
    return np.mean(lse - np.sum(Y * eta, axis=1)) + pen


def gr_multinomial(B0, B, x, Y, lam, alpha):
    n = x.shape[0]
    eta = x @ B + B0
    e = np.exp(eta - eta.max(axis=1, keepdims=True))
    P = e / e.sum(axis=1, keepdims=True)
    R = P - Y
    G0 = R.sum(axis=0)
    G = x.T @ R / n + lam * ((1 - alpha) * B + alpha * np.sign(B))
    return G0, G


def descend(fn, gr, par, args, lr=0.1, maxit=100):
    b0, b = par
    for it in range(maxit):
        g0, g = gr(b0, b, *args)
        b0 = b0 - lr * g0
        b = b - lr * g
    return b0, b, fn(b0, b, *args)


if __name__ == "__main__":
    x = set_seed.normal(size=(50, 4))
    z = x @ np.array([1.0, -2.0, 0.0, 0.5]) + 0.3
    yb = (z > 0).astype(float)
    Y = np.eye(3)[np.digitize(z, [-1, 1])]
    print(descend(nll_gaussian, gr_gaussian, (0.1, np.full(4, 0.1)), (x, z, 0.05, 0.5)))
    print(descend(nll_binomial, gr_binomial, (0.1, np.full(4, 0.1)), (x, yb, 0.05, 0.5)))
    print(descend(nll_multinomial, gr_multinomial, (np.zeros(3), np.full((4, 3), 0.1)), (x, Y, 0.05, 0.5), 0.02))
