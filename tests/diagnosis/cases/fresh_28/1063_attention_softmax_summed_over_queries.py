"""Truth: on the way back through the softmax the sum runs over axis 1 (the queries), forward it runs over the last axis (the
keys). keepdims makes everything fit, since the scores are square. dV agrees, dQ and dK are off: is the scale wrong?
"""
import numpy as np


class SelfAttention:
    """One head, x is (batch, words, features). handnn: layer, input_shape=(4, 3)"""

    def __init__(self, d_model=3, d_k=2):
        rng = np.random.default_rng(11)
        self.W_q = rng.normal(size=(d_model, d_k))
        self.W_k = rng.normal(size=(d_model, d_k))
        self.W_v = rng.normal(size=(d_model, d_k))
        self.d_k = d_k

    def softmax(self, s):
        s = np.exp(s - s.max(axis=-1, keepdims=True))
        return s / s.sum(axis=-1, keepdims=True)

    def softmax_backward(self, d_weights, weights):
        return weights * (d_weights - np.sum(d_weights * weights, axis=1, keepdims=True))

    def forward(self, x):
        self.x = x
        self.Q, self.K, self.V = x @ self.W_q, x @ self.W_k, x @ self.W_v
        scores = self.Q @ self.K.transpose(0, 2, 1) / np.sqrt(self.d_k)
        self.weights = self.softmax(scores)
        return self.weights @ self.V

    def backward(self, d_out):
        dV = self.weights.transpose(0, 2, 1) @ d_out
        d_weights = d_out @ self.V.transpose(0, 2, 1)
        d_scores = self.softmax_backward(d_weights, self.weights) / np.sqrt(self.d_k)
        dQ = d_scores @ self.K
        dK = d_scores.transpose(0, 2, 1) @ self.Q
        flat = self.x.reshape(-1, self.x.shape[-1])
        self.dW_q = flat.T @ dQ.reshape(-1, self.d_k)
        self.dW_k = flat.T @ dK.reshape(-1, self.d_k)
        self.dW_v = flat.T @ dV.reshape(-1, self.d_k)
        return dQ @ self.W_q.T + dK @ self.W_k.T + dV @ self.W_v.T
