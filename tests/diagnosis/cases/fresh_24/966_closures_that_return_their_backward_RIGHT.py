"""Truth: everything in it is right. No classes at all: every operation returns its value and a function that goes back."""
import numpy as np


def affine(x, W, b):
    y = x @ W + b

    def backward(dy):
        return dy @ W.T, x.T @ dy, dy.sum(axis=0)

    return y, backward


def relu(x):
    on = x > 0

    def backward(dy):
        return dy * on

    return x * on, backward


def tanh(x):
    t = np.tanh(x)

    def backward(dy):
        return dy - dy * t * t

    return t, backward


def softmax_xent(logits, labels):
    n = logits.shape[0]
    z = logits - logits.max(1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(1, keepdims=True))
    rows = np.arange(n)
    value = -logp[rows, labels].mean()

    def backward(dy=1.0):
        d = np.exp(logp)
        d[rows, labels] -= 1.0
        return dy * d / n

    return value, backward


def step(params, x, labels, lr):
    (W1, b1), (W2, b2), (W3, b3) = params
    h1, back1 = affine(x, W1, b1)
    a1, back_relu = relu(h1)
    h2, back2 = affine(a1, W2, b2)
    a2, back_tanh = tanh(h2)
    scores, back3 = affine(a2, W3, b3)
    value, back_loss = softmax_xent(scores, labels)

    da2, gW3, gb3 = back3(back_loss())
    da1, gW2, gb2 = back2(back_tanh(da2))
    _, gW1, gb1 = back1(back_relu(da1))
    grads = [(gW1, gb1), (gW2, gb2), (gW3, gb3)]
    new = [(W - lr * gW, b - lr * gb) for (W, b), (gW, gb) in zip(params, grads)]
    return value, new


if __name__ == "__main__":
    rng = np.random.default_rng(5)
    sizes = [2, 12, 8, 3]
    params = [(rng.normal(size=(i, o)) / np.sqrt(i), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]
    X = rng.normal(size=(90, 2))
    labels = (np.arctan2(X[:, 1], X[:, 0]) // 2.1 + 2).astype(int) % 3
    for k in range(200):
        value, params = step(params, X, labels, 0.3)
    print("final loss", value)
