"""Truth: the mean is taken over the words that are no padding, its gradient is given to every position, padding too. Row 0
of the embedding is zero at first and grows all the time although the mask is there: where does it come from?
"""
import numpy as np

PAD = 0


class SentimentModel:
    def __init__(self, vocab_size, dim, seed=0):
        rng = np.random.default_rng(seed)
        self.E = rng.normal(0, 0.5, (vocab_size, dim))
        self.E[PAD] = 0
        self.w = rng.normal(0, 0.5, dim)
        self.b = np.zeros(1)

    def loss(self, tokens, labels):
        self.tokens, self.labels = tokens, labels
        self.mask = (tokens != PAD).astype(float)
        self.lengths = self.mask.sum(axis=1, keepdims=True)
        vectors = self.E[tokens] * self.mask[:, :, None]
        self.mean = vectors.sum(axis=1) / self.lengths
        self.prob = 1 / (1 + np.exp(-(self.mean @ self.w + self.b)))
        return -np.mean(labels * np.log(self.prob) + (1 - labels) * np.log(1 - self.prob))

    def backward(self):
        n, length = self.tokens.shape
        delta = (self.prob - self.labels) / n
        dw = self.mean.T @ delta
        db = np.array([delta.sum()])
        dmean = np.outer(delta, self.w)
        dvectors = np.repeat((dmean / self.lengths)[:, None, :], length, axis=1)
        dE = np.zeros_like(self.E)
        np.add.at(dE, self.tokens, dvectors)
        return dE, dw, db


if __name__ == "__main__":
    tokens = np.array([[3, 1, 2, 0], [2, 2, 0, 0], [4, 5, 1, 3], [5, 0, 0, 0], [1, 4, 2, 0]])
    labels = np.array([1, 0, 1, 1, 0])
    model = SentimentModel(6, 3)
    for step in range(50):
        loss = model.loss(tokens, labels)
        dE, dw, db = model.backward()
        model.E -= 0.5 * dE
        model.w -= 0.5 * dw
        model.b -= 0.5 * db
    print(loss, model.E[PAD])
