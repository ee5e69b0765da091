"""Truth: P_i is meant to keep the user's factors of before the step, but a slice is a view: Q is moved with P's new ones.
Matrix factorization with biases for a table of ratings, one rating at a time. Do I really need the copy there?
"""
import numpy as np


class MF:
    def __init__(self, R, K, alpha, beta, iterations):
        self.R = R
        self.num_users, self.num_items = R.shape
        self.K, self.alpha, self.beta, self.iterations = K, alpha, beta, iterations
        rng = np.random.RandomState(0)
        self.P = rng.normal(scale=1.0 / K, size=(self.num_users, K))
        self.Q = rng.normal(scale=1.0 / K, size=(self.num_items, K))
        self.b_u = np.zeros(self.num_users)
        self.b_i = np.zeros(self.num_items)
        self.b = np.mean(R[np.where(R != 0)])

    def get_rating(self, i, j):
        return self.b + self.b_u[i] + self.b_i[j] + self.P[i, :].dot(self.Q[j, :].T)

    def cost(self, i, j, r):
        e = r - self.get_rating(i, j)
        penalty = np.sum(self.P[i] ** 2) + np.sum(self.Q[j] ** 2) + self.b_u[i] ** 2 + self.b_i[j] ** 2
        return 0.5 * e ** 2 + 0.5 * self.beta * penalty

    def sgd(self, i, j, r):
        e = r - self.get_rating(i, j)
        self.b_u[i] += self.alpha * (e - self.beta * self.b_u[i])
        self.b_i[j] += self.alpha * (e - self.beta * self.b_i[j])
        # keep the old row of P, the step of Q needs it
        P_i = self.P[i, :][:]
        self.P[i, :] += self.alpha * (e * self.Q[j, :] - self.beta * self.P[i, :])
        self.Q[j, :] += self.alpha * (e * P_i - self.beta * self.Q[j, :])

    def train(self):
        samples = [(i, j, self.R[i, j]) for i in range(self.num_users) for j in range(self.num_items) if self.R[i, j] > 0]
        for step in range(self.iterations):
            for i, j, r in samples:
                self.sgd(i, j, r)
            if step % 5 == 0:
                print(step, sum(self.cost(i, j, r) for i, j, r in samples))


if __name__ == "__main__":
    R = np.array([[5, 3, 0, 1], [4, 0, 0, 1], [1, 1, 0, 5], [1, 0, 0, 4], [0, 1, 5, 4]], dtype=float)
    mf = MF(R, K=2, alpha=0.1, beta=0.01, iterations=20)
    mf.train()
