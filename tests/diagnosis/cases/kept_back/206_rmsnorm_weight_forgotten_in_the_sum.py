"""Truth: the sum that corrects for the root mean square is made of d_out * inp; the weight is forgotten there, it must
be weight * d_out * inp, as in the first term of d_inp. Loops over rows, gradients added into arrays handed in.
"""
import numpy as np


class RMSNorm:
    def __init__(self, n=4, epsilon=1e-5):
        self.gamma = np.ones(n)
        self.d_gamma = np.zeros(n)
        self.epsilon = epsilon

    def forward(self, inp):
        self.inp = inp
        out = np.empty_like(inp)
        self.rrms = np.empty(len(inp))
        for b in range(len(inp)):
            rms = np.sqrt(np.sum(inp[b] * inp[b]) / inp.shape[1] + self.epsilon)
            self.rrms[b] = 1 / rms
            out[b] = self.gamma * inp[b] / rms
        return out

    def backward(self, d_out):
        d_inp = np.zeros_like(self.inp)
        self.d_gamma[:] = 0
        self.rms_backward(self.inp, d_out, d_inp, self.d_gamma)
        return d_inp

    def rms_backward(self, inp, d_out, d_inp, d_gamma):
        N = inp.shape[1]
        for b in range(len(inp)):
            rstd = self.rrms[b]
            o = 0.0
            for i in range(N):
                o += d_out[b, i] * inp[b, i]
            for i in range(N):
                d_gamma[i] += d_out[b, i] * inp[b, i] * rstd
                d_inp[b, i] += rstd * (self.gamma[i] * d_out[b, i] - inp[b, i] * rstd * rstd * o / N)
