"""Truth: the classifier with loops, and what happens once for each sample. Two functions of an assignment that return the loss and the
gradient of W (D, C); the one without loops is the linear machine of margins.
"""
import numpy as np


def softmax_loss_naive(W, X, y, reg):
    """Mean cross-entropy and its gradient, sample by sample; W (D, C), X (N, D), y (N,) whole numbers below C."""
    loss = 0.0
    dW = np.zeros_like(W)
    num_train = X.shape[0]
    num_classes = W.shape[1]

    for i in range(num_train):
        scores = X[i].dot(W)
        scores -= np.max(scores)
        exp_scores = np.exp(scores)
        probs = exp_scores / np.sum(exp_scores)
        loss += -np.log(probs[y[i]])
        for j in range(num_classes):
            dW[:, j] += probs[j] * X[i]
            dW[:, y[i]] -= X[i]

    loss /= num_train
    dW /= num_train
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, dW


def svm_loss_vectorized(W, X, y, reg):
    """The same for margins of one, without loops."""
    num_train = X.shape[0]
    scores = X.dot(W)
    correct = scores[np.arange(num_train), y].reshape(-1, 1)
    margins = np.maximum(0, scores - correct + 1.0)
    margins[np.arange(num_train), y] = 0
    loss = np.sum(margins) / num_train + reg * np.sum(W * W)

    mask = (margins > 0).astype(float)
    mask[np.arange(num_train), y] = -np.sum(mask, axis=1)
    dW = X.T.dot(mask) / num_train + 2 * reg * W
    return loss, dW


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    X = rng.randn(40, 5)
    X[:, -1] = 1
    y = np.argmax(X[:, :3] + 0.3 * rng.randn(40, 3), axis=1)
    for f in (softmax_loss_naive, svm_loss_vectorized):
        W = 0.001 * rng.randn(5, 3)
        for it in range(60):
            loss, grad = f(W, X, y, 1e-3)
            W -= 0.05 * grad
        print(f.__name__, loss, np.mean(X.dot(W).argmax(axis=1) == y))
