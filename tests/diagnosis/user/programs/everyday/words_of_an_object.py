"""Skip-grams of an object: one word and several around it; the step returns its loss."""

import numpy as np


class SkipGram:
    def __init__(self, vocab_size, dim=10, lr=0.05):
        self.W1 = np.random.randn(vocab_size, dim) * 0.1
        self.W2 = np.random.randn(dim, vocab_size) * 0.1
        self.lr = lr

    def train_step(self, center, contexts):
        h = self.W1[center]
        u = h @ self.W2
        y = np.exp(u - u.max())
        y /= y.sum()
        loss = 0
        e = np.zeros_like(y)
        for c in contexts:
            loss -= np.log(y[c])
            e += y
            e[c] -= 1
        dW2 = np.outer(h, e)
        dh = self.W2 @ e
        self.W2 -= self.lr * dW2
        self.W1[center] -= self.lr * dh
        return loss

    def train(self, pairs, epochs=10):
        for _ in range(epochs):
            total = 0
            for center, contexts in pairs:
                total += self.train_step(center, contexts)
            print(total)
