"""Truth: the user's factors are shrunk by the ITEM's factors (regularization * i_f where u_f belongs). RMSE gets worse with
every epoch as soon as regularization is not 0. Is the partial derivative right?
"""
import numpy as np


class SVDRecommender:
    """Squared error and regularization / 2 times all squares, one rating at a time."""

    def __init__(self, n_users, n_items, n_features=3, learning_rate=0.05, regularization=0.1, seed=4):
        rng = np.random.default_rng(seed)
        self.user_factors = 0.3 * rng.standard_normal((n_users, n_features))
        self.item_factors = 0.3 * rng.standard_normal((n_items, n_features))
        self.user_bias = np.zeros(n_users)
        self.item_bias = np.zeros(n_items)
        self.mean = 3.5
        self.learning_rate, self.regularization = learning_rate, regularization

    def predict(self, u, i):
        return self.mean + self.user_bias[u] + self.item_bias[i] + self.user_factors[u] @ self.item_factors[i]

    def loss(self, u, i, rating):
        squares = (self.user_factors[u] @ self.user_factors[u] + self.item_factors[i] @ self.item_factors[i]
                   + self.user_bias[u] ** 2 + self.item_bias[i] ** 2)
        return 0.5 * (rating - self.predict(u, i)) ** 2 + 0.5 * self.regularization * squares

    def train_step(self, u, i, rating):
        err = rating - self.predict(u, i)
        u_f = self.user_factors[u].copy()
        i_f = self.item_factors[i].copy()
        delta_u = err * i_f - self.regularization * i_f
        delta_i = err * u_f - self.regularization * i_f
        self.user_bias[u] += self.learning_rate * (err - self.regularization * self.user_bias[u])
        self.item_bias[i] += self.learning_rate * (err - self.regularization * self.item_bias[i])
        self.user_factors[u] += self.learning_rate * delta_u
        self.item_factors[i] += self.learning_rate * delta_i


if __name__ == "__main__":
    ratings = [(0, 0, 5.0), (0, 2, 3.0), (1, 0, 4.0), (1, 1, 1.0), (2, 1, 2.0), (2, 3, 4.5), (3, 3, 4.0)]
    model = SVDRecommender(4, 4)
    for epoch in range(20):
        for u, i, rating in ratings:
            model.train_step(u, i, rating)
    print(sum(model.loss(*r) for r in ratings))
