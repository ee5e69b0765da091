"""Word embeddings by hand: one word, a vector of its context, a softmax over all words."""
# ruff: noqa (code as people write it)

import numpy as np


class SkipGram:
    def __init__(self, vocab_size, embedding_dim):
        self.W = np.random.uniform(-0.5, 0.5, (vocab_size, embedding_dim))
        self.W1 = np.random.uniform(-0.5, 0.5, (embedding_dim, vocab_size))
        self.alpha = 0.5

    def feed_forward(self, X):
        self.h = self.W.T @ X
        self.u = self.W1.T @ self.h
        e = np.exp(self.u - self.u.max())
        self.y = e / e.sum()
        return self.y

    def backpropagate(self, x, t):
        e = self.y - t
        dW1 = np.outer(self.h, e)
        dW = np.outer(x, self.W1 @ e)
        self.W1 = self.W1 - self.alpha * dW1
        self.W = self.W - self.alpha * dW
