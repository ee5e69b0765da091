"""Truth: RIGHT. A recurrent layer that runs forwards and backwards over sequences (T, N, D) and joins both states; two cells of one class.
"""
import numpy as np


class Cell:
    def __init__(self, D, H):
        self.W = np.random.randn(D, H) / np.sqrt(D)
        self.U = np.random.randn(H, H) / np.sqrt(H)
        self.b = np.zeros(H)

    def run(self, xs):
        T, N, _ = xs.shape
        states = np.zeros((T + 1, N, self.b.size))
        for t in range(T):
            states[t + 1] = np.tanh(xs[t] @ self.W + states[t] @ self.U + self.b)
        self.xs, self.states = xs, states
        return states[1:]

    def run_back(self, d_states):
        self.dW, self.dU, self.db = np.zeros_like(self.W), np.zeros_like(self.U), np.zeros_like(self.b)
        dxs = np.zeros_like(self.xs)
        carry = np.zeros_like(d_states[0])
        for t in range(len(d_states) - 1, -1, -1):
            da = (d_states[t] + carry) * (1 - self.states[t + 1] ** 2)
            self.dW += self.xs[t].T @ da
            self.dU += self.states[t].T @ da
            self.db += da.sum(0)
            dxs[t] = da @ self.W.T
            carry = da @ self.U.T
        return dxs


class BiRNN:
    def __init__(self, D, H):
        self.left, self.right = Cell(D, H), Cell(D, H)
        self.H = H

    def forward(self, xs):
        return np.concatenate([self.left.run(xs), self.right.run(xs[::-1])[::-1]], axis=2)

    def backward(self, d_out):
        dxs = self.left.run_back(d_out[:, :, :self.H])
        return dxs + self.right.run_back(d_out[::-1, :, self.H:])[::-1]
