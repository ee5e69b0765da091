"""Truth: the item's factors are stepped with user factors that have moved already. A matrix factorization with biases, rating by rating."""
import numpy as np

rng = np.random.RandomState(3)


class MF():
    def __init__(self, R, K, alpha, beta, iterations):
        self.R = R
        self.num_users, self.num_items = R.shape
        self.K = K
        self.alpha = alpha
        self.beta = beta
        self.iterations = iterations
        self.P = rng.normal(scale=1. / K, size=(self.num_users, K))
        self.Q = rng.normal(scale=1. / K, size=(self.num_items, K))
        self.b_u = np.zeros(self.num_users)
        self.b_i = np.zeros(self.num_items)
        self.b = np.mean(R[R != 0])
        self.samples = [(i, j, R[i, j]) for i in range(self.num_users) for j in range(self.num_items) if R[i, j] > 0]

    def get_rating(self, i, j):
        return self.b + self.b_u[i] + self.b_i[j] + self.P[i, :].dot(self.Q[j, :])

    def sample_loss(self, i, j, r):
        e = r - self.get_rating(i, j)
        reg = self.b_u[i] ** 2 + self.b_i[j] ** 2 + np.sum(self.P[i] ** 2) + np.sum(self.Q[j] ** 2)
        return 0.5 * e ** 2 + 0.5 * self.beta * reg

    def sgd(self):
        for i, j, r in self.samples:
            e = r - self.get_rating(i, j)
            self.b_u[i] += self.alpha * (e - self.beta * self.b_u[i])
            self.b_i[j] += self.alpha * (e - self.beta * self.b_i[j])
            p_old = self.P[i, :]
            self.P[i, :] += self.alpha * (e * self.Q[j, :] - self.beta * self.P[i, :])
            self.Q[j, :] += self.alpha * (e * p_old - self.beta * self.Q[j, :])

    def train(self):
        for it in range(self.iterations):
            rng.shuffle(self.samples)
            self.sgd()
            if (it + 1) % 10 == 0:
                print("Iteration: %d ; error = %.4f" % (it + 1, self.mse()))

    def mse(self):
        return sum((r - self.get_rating(i, j)) ** 2 for i, j, r in self.samples)


if __name__ == "__main__":
    ratings = np.array([[5, 3, 0, 1], [4, 0, 0, 1], [1, 1, 0, 5], [1, 0, 0, 4], [0, 1, 5, 4]])
    mf = MF(ratings, K=2, alpha=0.1, beta=0.01, iterations=20)
    mf.train()
