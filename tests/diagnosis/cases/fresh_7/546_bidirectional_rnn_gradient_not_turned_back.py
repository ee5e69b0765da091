"""Truth: the outputs of the second direction are turned round on the way forward; on the way back the gradient of the outputs is not
turned round for it. What it hands to x is turned as it should be.
"""
import numpy as np


class BiRNN:
    """handnn: layer, input_shape=(4, 3)"""

    def __init__(self, n_in=3, n_hidden=2):
        rng = np.random.RandomState(5)
        self.Wf, self.Wb = rng.randn(n_in, n_hidden), rng.randn(n_in, n_hidden)
        self.Uf, self.Ub = rng.randn(n_hidden, n_hidden), rng.randn(n_hidden, n_hidden)
        self.n_hidden = n_hidden

    def _run(self, x, W, U):
        h = np.zeros((x.shape[0], self.n_hidden))
        states = [h]
        for t in range(x.shape[1]):
            h = np.tanh(x[:, t] @ W + h @ U)
            states.append(h)
        return states

    def _run_back(self, x, states, dh_seq, W, U):
        dW, dU, dx = np.zeros_like(W), np.zeros_like(U), np.zeros_like(x)
        dh = np.zeros((x.shape[0], self.n_hidden))
        for t in reversed(range(x.shape[1])):
            da = (dh_seq[:, t] + dh) * (1 - states[t + 1] ** 2)
            dW += x[:, t].T @ da
            dU += states[t].T @ da
            dx[:, t] = da @ W.T
            dh = da @ U.T
        return dW, dU, dx

    def forward(self, x):
        self.x = x
        self.fwd = self._run(x, self.Wf, self.Uf)
        self.bwd = self._run(x[:, ::-1], self.Wb, self.Ub)
        out_f = np.stack(self.fwd[1:], axis=1)
        out_b = np.stack(self.bwd[1:], axis=1)[:, ::-1]
        return np.concatenate([out_f, out_b], axis=2)

    def backward(self, dout):
        d_f, d_b = dout[:, :, : self.n_hidden], dout[:, :, self.n_hidden :]
        self.dWf, self.dUf, dx_f = self._run_back(self.x, self.fwd, d_f, self.Wf, self.Uf)
        self.dWb, self.dUb, dx_b = self._run_back(self.x[:, ::-1], self.bwd, d_b, self.Wb, self.Ub)
        return dx_f + dx_b[:, ::-1]
