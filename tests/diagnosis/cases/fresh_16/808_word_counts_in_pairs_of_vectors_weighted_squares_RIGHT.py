"""Truth: RIGHT. The loss is half the weighted squares of dot product plus two biases minus the logarithm of a count; pair by pair, both
vectors are changed at once with what was before. A class, with AdaGrad.
"""
import numpy as np


class GloVe:
    def __init__(self, vocab_size, dim, x_max=10.0, alpha=0.75, seed=1):
        rng = np.random.default_rng(seed)
        self.W = (rng.random((vocab_size, dim)) - 0.5) / dim
        self.W_context = (rng.random((vocab_size, dim)) - 0.5) / dim
        self.b = np.zeros(vocab_size)
        self.b_context = np.zeros(vocab_size)
        self.x_max, self.alpha = x_max, alpha

    def weight(self, count):
        return min(1.0, (count / self.x_max) ** self.alpha)

    def loss_and_grads(self, pairs):
        """ pairs: list of (i, j, count) """
        loss = 0.0
        grads = {name: np.zeros_like(getattr(self, name)) for name in ("W", "W_context", "b", "b_context")}
        for i, j, count in pairs:
            diff = self.W[i] @ self.W_context[j] + self.b[i] + self.b_context[j] - np.log(count)
            weighted = self.weight(count) * diff
            loss += 0.5 * weighted * diff
            grads["W"][i] += weighted * self.W_context[j]
            grads["W_context"][j] += weighted * self.W[i]
            grads["b"][i] += weighted
            grads["b_context"][j] += weighted
        return loss, grads

    def fit(self, pairs, epochs=60, lr=0.1):
        history = []
        squares = {name: np.full_like(getattr(self, name), 1e-8) for name in ("W", "W_context", "b", "b_context")}
        for _ in range(epochs):
            loss, grads = self.loss_and_grads(pairs)
            for name, g in grads.items():
                squares[name] += g ** 2
                param = getattr(self, name)
                param -= lr * g / np.sqrt(squares[name])
            history.append(loss)
        return history


def cooccurrences(words, window=2):
    names = sorted(set(words))
    ids = {w: k for k, w in enumerate(names)}
    counts = {}
    for pos, w in enumerate(words):
        for back in range(1, window + 1):
            if pos - back >= 0:
                i, j = ids[w], ids[words[pos - back]]
                counts[i, j] = counts.get((i, j), 0) + 1 / back
                counts[j, i] = counts.get((j, i), 0) + 1 / back
    return names, [(i, j, c) for (i, j), c in counts.items()]


if __name__ == "__main__":
    text = "rain falls on the hill and snow falls on the roof and rain runs from the roof to the hill"
    names, pairs = cooccurrences(text.split())
    history = GloVe(len(names), 4).fit(pairs)
    print(history[0], "->", history[-1])
