"""Truth: the update of Q[j] needs P[i] as it was before its own update. Matrix factorization with biases, rating by rating, with a penalty
of beta / 2 times the squares; e is half of what the derivative of e ** 2 gives, as is usual (the loss has the half as well).
"""
import numpy as np


class MF():
    def __init__(self, R, K, alpha, beta, iterations, seed=0):
        """
        Factorize the matrix R of ratings; 0 is an unknown rating.
        - K: number of latent dimensions, alpha: learning rate, beta: regularization
        """
        self.R = R
        self.num_users, self.num_items = R.shape
        self.K = K
        self.alpha = alpha
        self.beta = beta
        self.iterations = iterations
        rng = np.random.default_rng(seed)
        self.P = rng.normal(scale=1. / K, size=(self.num_users, K))
        self.Q = rng.normal(scale=1. / K, size=(self.num_items, K))
        self.b_u = np.zeros(self.num_users)
        self.b_i = np.zeros(self.num_items)
        self.b = np.mean(R[np.where(R != 0)])
        self.samples = [(i, j, R[i, j]) for i in range(self.num_users) for j in range(self.num_items) if R[i, j] > 0]
        self.rng = rng

    def get_rating(self, i, j):
        return self.b + self.b_u[i] + self.b_i[j] + self.P[i, :].dot(self.Q[j, :].T)

    def loss(self, i, j, r):
        penalty = np.sum(self.P[i] ** 2) + np.sum(self.Q[j] ** 2) + self.b_u[i] ** 2 + self.b_i[j] ** 2
        return 0.5 * (r - self.get_rating(i, j)) ** 2 + 0.5 * self.beta * penalty

    def train(self):
        training_process = []
        for it in range(self.iterations):
            self.rng.shuffle(self.samples)
            self.sgd()
            training_process.append((it, self.mse()))
        return training_process

    def mse(self):
        return np.mean([(r - self.get_rating(int(i), int(j))) ** 2 for i, j, r in self.samples])

    def sgd(self):
        for i, j, r in self.samples:
            self.step(int(i), int(j), r)

    def step(self, i, j, r):
        prediction = self.get_rating(i, j)
        e = (r - prediction)

        # Update biases
        self.b_u[i] += self.alpha * (e - self.beta * self.b_u[i])
        self.b_i[j] += self.alpha * (e - self.beta * self.b_i[j])

        # Update user and item latent feature matrices
        self.P[i, :] += self.alpha * (e * self.Q[j, :] - self.beta * self.P[i, :])
        self.Q[j, :] += self.alpha * (e * self.P[i, :] - self.beta * self.Q[j, :])


if __name__ == "__main__":
    R = np.array([[5, 3, 0, 1], [4, 0, 0, 1], [1, 1, 0, 5], [1, 0, 0, 4], [0, 1, 5, 4]])
    mf = MF(R, K=2, alpha=0.1, beta=0.01, iterations=20)
    for i, error in mf.train()[::5]:
        print("Iteration: %d ; error = %.4f" % (i + 1, error))
