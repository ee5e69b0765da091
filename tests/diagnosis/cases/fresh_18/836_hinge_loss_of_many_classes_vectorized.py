"""Truth: what the right class gets. A linear machine of many classes with train, hinge loss and a penalty."""
import numpy as np


class LinearSVM:
    def __init__(self):
        self.W = None

    def loss(self, X, y, reg):
        N = X.shape[0]
        scores = X.dot(self.W)
        correct = scores[np.arange(N), y].reshape(-1, 1)
        margins = np.maximum(0, scores - correct + 1.0)
        margins[np.arange(N), y] = 0
        loss = margins.sum() / N + reg * np.sum(self.W * self.W)
        mask = np.zeros_like(margins)
        mask[margins > 0] = 1
        mask[np.arange(N), y] = -1
        dW = X.T.dot(mask) / N
        dW += 2 * reg * self.W
        return loss, dW

    def train(self, X, y, learning_rate=0.05, reg=1e-3, num_iters=200, batch_size=30):
        num_classes = np.max(y) + 1
        if self.W is None:
            self.W = 0.01 * np.random.randn(X.shape[1], num_classes)
        history = []
        for it in range(num_iters):
            idx = np.random.choice(len(X), batch_size)
            loss, grad = self.loss(X[idx], y[idx], reg)
            history.append(loss)
            self.W -= learning_rate * grad
            if it % 50 == 0:
                print("iteration %d / %d: loss %f" % (it, num_iters, loss))
        return history

    def predict(self, X):
        return np.argmax(X.dot(self.W), axis=1)


if __name__ == "__main__":
    np.random.seed(1)
    y = np.random.randint(0, 4, 160)
    X = np.hstack([np.random.randn(160, 5) + np.eye(4, 5)[y] * 3, np.ones((160, 1))])
    svm = LinearSVM()
    svm.train(X, y)
    print("accuracy", np.mean(svm.predict(X) == y))
