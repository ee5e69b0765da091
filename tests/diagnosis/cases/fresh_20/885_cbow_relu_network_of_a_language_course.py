"""Truth: relu is applied to the gradient, where its slope is wanted. Continuous bag of words with a relu and a softmax, a course's functions."""
import numpy as np


def initialize_model(N, V, random_seed=1):
    rng = np.random.RandomState(random_seed)
    W1 = rng.randn(N, V)
    W2 = rng.randn(V, N)
    b1 = rng.randn(N, 1)
    b2 = rng.randn(V, 1)
    return W1, W2, b1, b2


def softmax(z):
    e_z = np.exp(z - np.max(z, axis=0))
    return e_z / np.sum(e_z, axis=0)


def forward_prop(x, W1, W2, b1, b2):
    h = np.dot(W1, x) + b1
    h = np.maximum(0, h)
    z = np.dot(W2, h) + b2
    return z, h


def compute_cost(y, yhat, batch_size):
    logprobs = np.multiply(np.log(yhat), y)
    return -np.sum(logprobs) / batch_size


def back_prop(x, yhat, y, h, W1, W2, b1, b2, batch_size):
    l1 = np.dot(W2.T, yhat - y)
    l1 = np.maximum(0, l1)
    grad_W1 = np.dot(l1, x.T) / batch_size
    grad_W2 = np.dot(yhat - y, h.T) / batch_size
    grad_b1 = np.sum(l1, axis=1, keepdims=True) / batch_size
    grad_b2 = np.sum(yhat - y, axis=1, keepdims=True) / batch_size
    return grad_W1, grad_W2, grad_b1, grad_b2


def get_vectors(words, V, half=2):
    X, Y = [], []
    for i in range(half, len(words) - half):
        context = words[i - half:i] + words[i + 1:i + half + 1]
        x = np.zeros(V)
        for c in context:
            x[c] += 1.0 / len(context)
        y = np.zeros(V)
        y[words[i]] = 1
        X.append(x)
        Y.append(y)
    return np.array(X).T, np.array(Y).T


def gradient_descent(words, N, V, num_iters, alpha=0.03):
    W1, W2, b1, b2 = initialize_model(N, V)
    x, y = get_vectors(words, V)
    batch_size = x.shape[1]
    for i in range(num_iters):
        z, h = forward_prop(x, W1, W2, b1, b2)
        yhat = softmax(z)
        cost = compute_cost(y, yhat, batch_size)
        if (i + 1) % 10 == 0:
            print("iters: %d cost: %.6f" % (i + 1, cost))
        grad_W1, grad_W2, grad_b1, grad_b2 = back_prop(x, yhat, y, h, W1, W2, b1, b2, batch_size)
        W1 = W1 - alpha * grad_W1
        W2 = W2 - alpha * grad_W2
        b1 = b1 - alpha * grad_b1
        b2 = b2 - alpha * grad_b2
    return W1, W2, b1, b2


if __name__ == "__main__":
    text = "the king saw the queen and the queen saw the old king of the hill".split()
    vocabulary = sorted(set(text))
    gradient_descent([vocabulary.index(w) for w in text], 5, len(vocabulary), 50)
