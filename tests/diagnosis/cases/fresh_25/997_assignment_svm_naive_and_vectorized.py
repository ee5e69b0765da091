"""Truth: the naive version's penalty is reg * sum(W * W) and lacks the 2 in its gradient; the vectorized one is right.
The two differ a little when reg is large, which of them should I believe?
"""
import numpy as np


def svm_loss_naive(W, X, y, reg):
    dW = np.zeros(W.shape)
    num_classes = W.shape[1]
    num_train = X.shape[0]
    loss = 0.0
    for i in range(num_train):
        scores = X[i].dot(W)
        for j in range(num_classes):
            if j == y[i]:
                continue
            margin = scores[j] - scores[y[i]] + 1
            if margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    loss /= num_train
    dW /= num_train
    loss += reg * np.sum(W * W)
    dW += reg * W
    return loss, dW


def svm_loss_vectorized(W, X, y, reg):
    num_train = X.shape[0]
    rows = np.arange(num_train)
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[rows, y][:, np.newaxis] + 1)
    margins[rows, y] = 0
    loss = margins.sum() / num_train + reg * np.sum(W * W)
    coefficients = (margins > 0).astype(float)
    coefficients[rows, y] = -coefficients.sum(axis=1)
    dW = X.T.dot(coefficients) / num_train + 2 * reg * W
    return loss, dW


if __name__ == "__main__":
    rng = np.random.RandomState(3)
    X_dev = np.hstack([rng.randn(50, 6), np.ones((50, 1))])
    y_dev = rng.randint(4, size=50)
    W = rng.randn(7, 4) * 0.1
    loss, grad = svm_loss_naive(W, X_dev, y_dev, 0.5)
    loss2, grad2 = svm_loss_vectorized(W, X_dev, y_dev, 0.5)
    print("losses", loss, loss2, "difference of the gradients", np.linalg.norm(grad - grad2))
    for it in range(20):
        loss, grad = svm_loss_naive(W, X_dev, y_dev, 0.5)
        W -= 0.05 * grad
    print(loss)
