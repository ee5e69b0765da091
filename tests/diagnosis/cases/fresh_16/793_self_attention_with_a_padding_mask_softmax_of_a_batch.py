"""Truth: the softmax of a batch of score tables, on the way back. A class, batch first, padded places are masked."""
import numpy as np
from math import sqrt


def softmax(scores):
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


class SelfAttention:
    """ softmax(Q K' / sqrt(d)) V, followed by an output projection """

    def __init__(self, embed_dim, head_dim):
        scale = 1.0 / sqrt(embed_dim)
        self.params = {
            'Wq': np.random.uniform(-scale, scale, (embed_dim, head_dim)),
            'Wk': np.random.uniform(-scale, scale, (embed_dim, head_dim)),
            'Wv': np.random.uniform(-scale, scale, (embed_dim, head_dim)),
            'Wo': np.random.uniform(-scale, scale, (head_dim, embed_dim)),
        }
        self.head_dim = head_dim
        self.grads = {}

    def forward(self, X, pad=None):
        self.X = X
        self.Q = X @ self.params['Wq']
        self.K = X @ self.params['Wk']
        self.V = X @ self.params['Wv']
        scores = self.Q @ self.K.transpose(0, 2, 1) / sqrt(self.head_dim)
        if pad is not None:
            scores = np.where(pad[:, None, :], -1e9, scores)
        self.A = softmax(scores)
        self.context = self.A @ self.V
        return self.context @ self.params['Wo']

    def backward(self, d_out):
        d_context = d_out @ self.params['Wo'].T
        self.grads['Wo'] = np.sum(self.context.transpose(0, 2, 1) @ d_out, axis=0)

        dA = d_context @ self.V.transpose(0, 2, 1)
        dV = self.A.transpose(0, 2, 1) @ d_context

        d_scores = self.A * (dA - np.sum(dA * self.A, axis=1, keepdims=True))
        d_scores = d_scores / sqrt(self.head_dim)

        dQ = d_scores @ self.K
        dK = d_scores.transpose(0, 2, 1) @ self.Q

        XT = self.X.transpose(0, 2, 1)
        self.grads['Wq'] = np.sum(XT @ dQ, axis=0)
        self.grads['Wk'] = np.sum(XT @ dK, axis=0)
        self.grads['Wv'] = np.sum(XT @ dV, axis=0)
        return dQ @ self.params['Wq'].T + dK @ self.params['Wk'].T + dV @ self.params['Wv'].T


if __name__ == '__main__':
    np.random.seed(7)
    attention = SelfAttention(6, 4)
    X = np.random.randn(2, 5, 6)
    pad = np.array([[False] * 5, [False, False, False, True, True]])
    goal = np.random.randn(2, 5, 6)
    for it in range(100):
        diff = attention.forward(X, pad) - goal
        attention.backward(diff)
        for name in attention.params:
            attention.params[name] -= 0.005 * attention.grads[name]
        if it % 25 == 0:
            print(it, 0.5 * (diff ** 2).sum())
