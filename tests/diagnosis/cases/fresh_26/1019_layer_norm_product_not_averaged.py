"""Truth: in dx of the layer normalization the product of x_hat and its gradient is not averaged over the features. The
feed-forward part around it is right. I took the formula for dL/dX from a page of notes and the gradient check fails.
"""
import numpy as np


class LayerNormalization:
    """handnn: layer LayerNormalization(epsilon=1e-6), input_shape=(3, 5)"""

    def __init__(self, features=5, epsilon=1e-6):
        self.gamma = np.ones(features)
        self.beta = np.zeros(features)
        self.epsilon = epsilon

    def forward(self, X):
        self.mean = np.mean(X, axis=-1, keepdims=True)
        self.var = np.var(X, axis=-1, keepdims=True)
        self.std = np.sqrt(self.var + self.epsilon)
        self.X_hat = (X - self.mean) / self.std
        return self.gamma * self.X_hat + self.beta

    def backward(self, dY):
        self.dgamma = np.sum(dY * self.X_hat, axis=tuple(range(dY.ndim - 1)))
        self.dbeta = np.sum(dY, axis=tuple(range(dY.ndim - 1)))
        dX_hat = dY * self.gamma
        centered = dX_hat - np.mean(dX_hat, axis=-1, keepdims=True)
        dX = (centered - self.X_hat * (dX_hat * self.X_hat)) / self.std
        return dX


class FeedForward:
    """Two matrices with a ReLU between. handnn: layer, input_shape=(3, 5)"""

    def __init__(self, features=5, inner=8):
        rng = np.random.default_rng(0)
        self.W1, self.b1 = rng.normal(0, 0.5, (features, inner)), np.zeros(inner)
        self.W2, self.b2 = rng.normal(0, 0.5, (inner, features)), np.zeros(features)

    def forward(self, X):
        self.X = X
        self.A = np.maximum(X @ self.W1 + self.b1, 0)
        return X + self.A @ self.W2 + self.b2

    def backward(self, dY):
        d = dY.reshape(-1, dY.shape[-1])
        x = self.X.reshape(d.shape)
        a = self.A.reshape(len(d), -1)
        self.db2 = d.sum(axis=0)
        self.dW2 = a.T @ d
        da = d @ self.W2.T
        da[a <= 0] = 0
        self.db1 = da.sum(axis=0)
        self.dW1 = x.T @ da
        return dY + (da @ self.W1.T).reshape(dY.shape)
