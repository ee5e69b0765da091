"""Truth: what the word in the middle gets from the drawn words. Word vectors from a few sentences: pairs within a window, a few drawn
words for each pair, an update after every pair.
"""
import random
from collections import Counter

import numpy as np

CORPUS = """the cat sat on the mat the dog sat on the rug
the cat chased the mouse the dog chased the cat
a mouse ate the cheese the dog ate the bone"""


class SkipGram:
    def __init__(self, sentences, dim=8, window=2, k=3, lr=0.05):
        self.sentences = [s.split() for s in sentences]
        counts = Counter(w for s in self.sentences for w in s)
        self.vocab = sorted(counts)
        self.word2id = {w: i for i, w in enumerate(self.vocab)}
        p = np.array([counts[w] for w in self.vocab]) ** 0.75
        self.noise = p / p.sum()
        self.window, self.k, self.lr = window, k, lr
        V = len(self.vocab)
        self.W_in = np.random.uniform(-0.5, 0.5, (V, dim))
        self.W_out = np.random.uniform(-0.5, 0.5, (V, dim))

    @staticmethod
    def sigmoid(x):
        return 1.0 / (1.0 + np.exp(-x))

    def pairs(self):
        for sentence in self.sentences:
            ids = [self.word2id[w] for w in sentence]
            for i, center in enumerate(ids):
                for j in range(max(0, i - self.window), min(len(ids), i + self.window + 1)):
                    if j != i:
                        yield center, ids[j]

    def loss(self, center, context, negatives):
        v = self.W_in[center]
        value = -np.log(self.sigmoid(self.W_out[context] @ v))
        for n in negatives:
            value -= np.log(self.sigmoid(-(self.W_out[n] @ v)))
        return value

    def gradients(self, center, context, negatives):
        """Gradients of the loss by the two matrices, both full."""
        dW_in = np.zeros_like(self.W_in)
        dW_out = np.zeros_like(self.W_out)
        v = self.W_in[center]
        # positive pair
        g = self.sigmoid(self.W_out[context] @ v) - 1.0
        dW_out[context] += g * v
        dv = g * self.W_out[context]
        # negative samples
        for n in negatives:
            g = self.sigmoid(self.W_out[n] @ v)
            dW_out[n] += g * v
            dv = g * self.W_out[n]
        dW_in[center] = dv
        return dW_in, dW_out

    def train(self, epochs):
        for epoch in range(epochs):
            total, n_pairs = 0.0, 0
            data = list(self.pairs())
            random.shuffle(data)
            for center, context in data:
                negatives = np.random.choice(len(self.vocab), self.k, p=self.noise)
                total += self.loss(center, context, negatives)
                n_pairs += 1
                dW_in, dW_out = self.gradients(center, context, negatives)
                self.W_in -= self.lr * dW_in
                self.W_out -= self.lr * dW_out
            if epoch % 5 == 0:
                print("epoch", epoch, "average loss", total / n_pairs)

    def most_similar(self, word, top=3):
        v = self.W_in[self.word2id[word]]
        norms = np.linalg.norm(self.W_in, axis=1) * np.linalg.norm(v)
        sims = self.W_in @ v / norms
        return [self.vocab[i] for i in np.argsort(-sims) if self.vocab[i] != word][:top]


if __name__ == "__main__":
    random.seed(0)
    np.random.seed(0)
    model = SkipGram(CORPUS.splitlines())
    model.train(16)
    print("cat:", model.most_similar("cat"))
