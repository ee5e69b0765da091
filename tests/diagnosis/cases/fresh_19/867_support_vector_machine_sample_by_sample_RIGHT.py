"""Truth: RIGHT. A linear support vector machine whose fit goes sample by sample, labels of minus one and one, the offset taken away."""
import numpy as np


class SVM:

    def __init__(self, learning_rate=0.001, lambda_param=0.01, n_iters=1000):
        self.lr = learning_rate
        self.lambda_param = lambda_param
        self.n_iters = n_iters
        self.w = None
        self.b = None

    def loss(self, x_i, y_i):
        margin = y_i * (np.dot(x_i, self.w) - self.b)
        return self.lambda_param * np.dot(self.w, self.w) + max(0, 1 - margin)

    def gradient(self, x_i, y_i):
        condition = y_i * (np.dot(x_i, self.w) - self.b) >= 1
        if condition:
            dw = 2 * self.lambda_param * self.w
            db = 0
        else:
            dw = 2 * self.lambda_param * self.w - np.dot(x_i, y_i)
            db = y_i
        return dw, db

    def fit(self, X, y):
        n_samples, n_features = X.shape
        y_ = np.where(y <= 0, -1, 1)
        self.w = np.zeros(n_features)
        self.b = 0
        for _ in range(self.n_iters):
            for idx, x_i in enumerate(X):
                dw, db = self.gradient(x_i, y_[idx])
                self.w -= self.lr * dw
                self.b -= self.lr * db

    def predict(self, X):
        approx = np.dot(X, self.w) - self.b
        return np.sign(approx)


if __name__ == "__main__":
    np.random.seed(40)
    X = np.vstack([np.random.randn(25, 2) + [2, 2], np.random.randn(25, 2) - [2, 2]])
    y = np.array([1] * 25 + [0] * 25)
    clf = SVM(n_iters=100)
    clf.fit(X, y)
    print(clf.w, clf.b)
    print("SVM accuracy:", np.mean(clf.predict(X) == np.where(y <= 0, -1, 1)))
