"""Truth: RIGHT. Lists of weights with a velocity each, cross-entropy with 1e-12 in the logarithm, one train_batch."""
import numpy as np


class SimpleNet:
    def __init__(self, layer_sizes=(4, 6, 3), lr=0.05, mu=0.9):
        self.lr, self.mu = lr, mu
        self.weights = [np.random.randn(a, b) * 0.5 for a, b in zip(layer_sizes, layer_sizes[1:])]
        self.biases = [np.zeros((1, b)) for b in layer_sizes[1:]]
        self.vW = [np.zeros_like(w) for w in self.weights]
        self.vb = [np.zeros_like(b) for b in self.biases]

    def train_batch(self, X, Y):
        a = [X]
        for w, b in zip(self.weights[:-1], self.biases[:-1]):
            a.append(np.maximum(0.0, a[-1] @ w + b))
        scores = a[-1] @ self.weights[-1] + self.biases[-1]
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        probs = e / e.sum(axis=1, keepdims=True)
        loss = -np.mean(np.sum(Y * np.log(probs + 1e-12), axis=1))

        delta = (probs - Y) / X.shape[0]
        for i in reversed(range(len(self.weights))):
            dW, db = a[i].T @ delta, delta.sum(axis=0, keepdims=True)
            if i > 0:
                delta = (delta @ self.weights[i].T) * (a[i] > 0)
            self.vW[i] = self.mu * self.vW[i] - self.lr * dW
            self.vb[i] = self.mu * self.vb[i] - self.lr * db
            self.weights[i] += self.vW[i]
            self.biases[i] += self.vb[i]
        return loss
