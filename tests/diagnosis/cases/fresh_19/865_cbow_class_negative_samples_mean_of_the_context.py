"""Truth: the context's words share an error. CBOW with negative samples as a class, trained window by window."""
import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


class CBOW:
    def __init__(self, vocab_size, dim=10, lr=0.05, negative=4, seed=0):
        self.rng = np.random.RandomState(seed)
        self.lr = lr
        self.negative = negative
        self.vocab_size = vocab_size
        self.W_in = (self.rng.rand(vocab_size, dim) - 0.5) / dim
        self.W_out = (self.rng.rand(vocab_size, dim) - 0.5) / dim

    def forward(self, context, center, noise):
        self.context = np.array(context)
        self.targets = np.concatenate(([center], noise))
        self.labels = np.zeros(len(self.targets))
        self.labels[0] = 1.0
        self.h = self.W_in[self.context].mean(axis=0)
        self.p = sigmoid(self.W_out[self.targets] @ self.h)
        loss = -np.log(self.p[0]) - np.sum(np.log(1 - self.p[1:]))
        return loss

    def backward(self):
        dW_in = np.zeros_like(self.W_in)
        dW_out = np.zeros_like(self.W_out)
        err = self.p - self.labels
        dh = err @ self.W_out[self.targets]
        np.add.at(dW_out, self.targets, np.outer(err, self.h))
        for word in self.context:
            dW_in[word] += dh
        return dW_in, dW_out

    def train(self, corpus, window=2, epochs=5):
        counts = np.bincount(np.concatenate(corpus), minlength=self.vocab_size) ** 0.75
        noise_dist = counts / counts.sum()
        for epoch in range(epochs):
            total = 0.0
            for sentence in corpus:
                for i, center in enumerate(sentence):
                    context = [sentence[j] for j in range(max(0, i - window), min(len(sentence), i + window + 1)) if j != i]
                    if not context:
                        continue
                    noise = self.rng.choice(self.vocab_size, self.negative, p=noise_dist)
                    total += self.forward(context, center, noise)
                    dW_in, dW_out = self.backward()
                    self.W_in -= self.lr * dW_in
                    self.W_out -= self.lr * dW_out
            print("epoch", epoch, "loss", total)


if __name__ == "__main__":
    text = ["the dog and the cat", "the cat sat on the mat", "the dog sat on the log", "a cat and a dog"]
    words = sorted({w for line in text for w in line.split()})
    index = {w: i for i, w in enumerate(words)}
    corpus = [[index[w] for w in line.split()] for line in text]
    model = CBOW(len(words))
    model.train(corpus)
