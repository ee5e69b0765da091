"""Truth: RIGHT. Pairwise ranking of items by clicks: a user, an item that was clicked and one that was not, all moved at once, each from
the values before. The rates go uphill on the log-likelihood.
"""
import random

import numpy as np


class BPR:
    """
    Bayesian personalised ranking with latent factors.

    interactions : list of sets, the items clicked by each user
    """

    def __init__(self, interactions, n_items, factors=8, rate=0.1, penalty=0.02, seed=42):
        np.random.seed(seed)
        random.seed(seed)
        self.interactions = interactions
        self.n_items = n_items
        self.rate = rate
        self.penalty = penalty
        self.user = 0.1 * np.random.randn(len(interactions), factors)
        self.item = 0.1 * np.random.randn(n_items, factors)
        self.bias = np.zeros(n_items)

    def difference(self, u, i, j):
        return self.bias[i] - self.bias[j] + np.dot(self.user[u], self.item[i] - self.item[j])

    def loss(self, u, i, j):
        squares = sum(np.sum(a ** 2) for a in (self.user[u], self.item[i], self.item[j]))
        squares += self.bias[i] ** 2 + self.bias[j] ** 2
        return np.log1p(np.exp(-self.difference(u, i, j))) + 0.5 * self.penalty * squares

    def step(self, u, i, j):
        wrongness = 1.0 / (1.0 + np.exp(self.difference(u, i, j)))
        p, q_i, q_j = self.user[u].copy(), self.item[i].copy(), self.item[j].copy()
        self.user[u] += self.rate * (wrongness * (q_i - q_j) - self.penalty * p)
        self.item[i] += self.rate * (wrongness * p - self.penalty * q_i)
        self.item[j] += self.rate * (-wrongness * p - self.penalty * q_j)
        self.bias[i] += self.rate * (wrongness - self.penalty * self.bias[i])
        self.bias[j] += self.rate * (-wrongness - self.penalty * self.bias[j])

    def sample(self):
        u = random.randrange(len(self.interactions))
        i = random.choice(sorted(self.interactions[u]))
        j = random.randrange(self.n_items)
        while j in self.interactions[u]:
            j = random.randrange(self.n_items)
        return u, i, j

    def train(self, steps):
        for _ in range(steps):
            self.step(*self.sample())

    def auc(self):
        hits = []
        for u, seen in enumerate(self.interactions):
            hits += [self.difference(u, i, j) > 0 for i in seen for j in range(self.n_items) if j not in seen]
        return np.mean(hits)


if __name__ == "__main__":
    clicks = [{0, 1, 2}, {0, 2, 3}, {1, 3}, {5, 6}, {4, 6, 7}, {5, 7}]
    model = BPR(clicks, n_items=8)
    print("auc before", model.auc())
    model.train(3000)
    print("auc after", model.auc())
