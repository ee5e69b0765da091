import numpy as np


class Factors:
    def __init__(self, R, k=3, lr=0.01, reg=0.02):
        self.R = R
        self.lr = lr
        self.reg = reg
        self.P = np.random.normal(scale=0.3, size=(R.shape[0], k))
        self.Q = np.random.normal(scale=0.3, size=(R.shape[1], k))
        self.mask = (R > 0).astype(float)

    def loss(self):
        err = self.mask * (self.R - self.P.dot(self.Q.T))
        return np.sum(err**2) + self.reg * (np.sum(self.P**2) + np.sum(self.Q**2))

    def gradients(self):
        err = self.mask * (self.R - self.P.dot(self.Q.T))
        dP = -2 * err.dot(self.Q) + 2 * self.reg * self.P
        dQ = -2 * err.T.dot(self.P) + 2 * self.reg * self.Q
        return dP, dQ

    def train(self):
        dP, dQ = self.gradients()
        self.P -= self.lr * dP
        self.Q -= self.lr * dQ
