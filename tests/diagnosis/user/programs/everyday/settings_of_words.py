"""Skip-grams in functions that take their settings in a dict; the context is several words."""

import numpy as np

np.random.seed(0)
settings = {"n": 5, "window_size": 2, "min_count": 0, "epochs": 200, "learning_rate": 0.05}


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def init_weights(vocab_size, settings):
    W1 = np.random.randn(vocab_size, settings["n"]) * 0.1
    W2 = np.random.randn(settings["n"], vocab_size) * 0.1
    return W1, W2


def forward(x, W1, W2):
    h = W1.T @ x
    u = W2.T @ h
    y = softmax(u)
    return y, h, u


def backward(y, h, x, targets, W1, W2, settings):
    e = np.zeros_like(y)
    for t in targets:
        e += y - t
    dW2 = np.outer(h, e)
    dW1 = np.outer(x, W2 @ e)
    W1 = W1 - settings["learning_rate"] * dW1
    W2 = W2 - settings["learning_rate"] * dW2
    return W1, W2


def loss_fn(u, targets):
    loss = 0
    for t in targets:
        loss -= u[np.argmax(t)]
    loss += len(targets) * np.log(np.sum(np.exp(u)))
    return loss


def train(data, vocab_size, settings):
    W1, W2 = init_weights(vocab_size, settings)
    for epoch in range(settings["epochs"]):
        total = 0
        for x, targets in data:
            y, h, u = forward(x, W1, W2)
            total += loss_fn(u, targets)
            W1, W2 = backward(y, h, x, targets, W1, W2, settings)
    return W1, W2


corpus = "the quick brown fox jumps over the lazy dog".split()
vocab = sorted(set(corpus))
idx = {w: i for i, w in enumerate(vocab)}
V = len(vocab)


def one_hot(i):
    v = np.zeros(V)
    v[i] = 1
    return v


data = []
for i, w in enumerate(corpus):
    ctx = []
    for j in range(i - settings["window_size"], i + settings["window_size"] + 1):
        if j != i and 0 <= j < len(corpus):
            ctx.append(one_hot(idx[corpus[j]]))
    data.append((one_hot(idx[w]), ctx))

W1, W2 = train(data, V, settings)
