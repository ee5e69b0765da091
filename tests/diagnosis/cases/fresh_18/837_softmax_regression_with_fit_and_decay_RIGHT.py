"""Truth: RIGHT. Softmax regression with fit, an L2 penalty and a learning rate that decays."""
import numpy as np


class SoftmaxRegression:
    def __init__(self, lr=0.3, decay=0.01, lam=0.01, epochs=200):
        self.lr, self.decay, self.lam, self.epochs = lr, decay, lam, epochs

    def _softmax(self, z):
        z = z - z.max(axis=1, keepdims=True)
        e = np.exp(z)
        return e / e.sum(axis=1, keepdims=True)

    def _cost(self, X, T):
        P = self._softmax(X @ self.W + self.b)
        return -np.mean(np.sum(T * np.log(P + 1e-12), axis=1)) + 0.5 * self.lam * np.sum(self.W ** 2)

    def _gradient(self, X, T):
        P = self._softmax(X @ self.W + self.b)
        error = (P - T) / X.shape[0]
        return X.T @ error + self.lam * self.W, error.sum(axis=0)

    def fit(self, X, y):
        T = np.eye(y.max() + 1)[y]
        self.W = np.zeros((X.shape[1], T.shape[1]))
        self.b = np.zeros(T.shape[1])
        for epoch in range(self.epochs):
            dW, db = self._gradient(X, T)
            rate = self.lr / (1 + self.decay * epoch)
            self.W -= rate * dW
            self.b -= rate * db
            if epoch % 50 == 0:
                print(epoch, self._cost(X, T))
        return self


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 90)
    X = rng.normal(size=(90, 2)) + np.array([[0, 2], [2, -1], [-2, -1]])[y]
    model = SoftmaxRegression().fit(X, y)
