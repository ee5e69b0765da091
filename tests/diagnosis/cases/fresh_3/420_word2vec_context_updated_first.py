"""Truth: w2 is moved before the gradient of w1 is computed with it; dl_dw1 must use the old w2. Skip-gram with a full
softmax, one word at a time; the returned loss is right.
"""
import numpy as np


class word2vec:
    def __init__(self, v_count=6, n=4, lr=0.05):
        self.lr = lr
        self.w1 = np.random.uniform(-0.8, 0.8, (v_count, n))
        self.w2 = np.random.uniform(-0.8, 0.8, (n, v_count))

    def softmax(self, x):
        e_x = np.exp(x - np.max(x))
        return e_x / e_x.sum(axis=0)

    def forward_pass(self, x):
        h = np.dot(self.w1.T, x)
        u = np.dot(self.w2.T, h)
        y_c = self.softmax(u)
        return y_c, h, u

    def train_pair(self, x, y):
        """x, y: one-hot vectors of a word and of one of its neighbours."""
        y_pred, h, u = self.forward_pass(x)
        loss = -np.sum(y * np.log(y_pred))
        e = y_pred - y
        dl_dw2 = np.outer(h, e)
        self.w2 = self.w2 - self.lr * dl_dw2
        dl_dw1 = np.outer(x, np.dot(self.w2, e))
        self.w1 = self.w1 - self.lr * dl_dw1
        return loss
