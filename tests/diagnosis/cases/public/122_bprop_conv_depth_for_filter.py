"""Truth: in the gradient of the input the loop's output index m stands where the input's depth index d belongs
(grad_I[m, h, w] for grad_I[d, h, w]): shows where the filter is more than one deep. Samples last, a 3-D
convolution over (depth, height, width) with one channel; the filter's gradient is right.
"""
import numpy as np


class Conv3D:
    def __init__(self, T=2, Rr=2, S=2, K=2):
        rng = np.random.RandomState(0)
        self.F = rng.randn(T, Rr, S, K)

    def fprop(self, I):
        self.I = I
        T, Rr, S, K = self.F.shape
        D, H, W, N = I.shape
        O = np.zeros((K, D - T + 1, H - Rr + 1, W - S + 1, N))
        for m in range(O.shape[1]):
            for p in range(O.shape[2]):
                for q in range(O.shape[3]):
                    sliced = I[m : m + T, p : p + Rr, q : q + S].reshape(-1, N)
                    O[:, m, p, q, :] = np.dot(self.F.reshape(-1, K).T, sliced)
        return O

    def bprop(self, E):
        T, Rr, S, K = self.F.shape
        grad_I, self.grad_F = np.zeros_like(self.I), np.zeros_like(self.F)
        for m in range(E.shape[1]):
            for p in range(E.shape[2]):
                for q in range(E.shape[3]):
                    slicedE = E[:, m, p, q, :]
                    for t in range(T):
                        for r in range(Rr):
                            for s in range(S):
                                d, h, w = m + t, p + r, q + s
                                grad_I[m, h, w, :] += np.dot(self.F[t, r, s], slicedE)
                                self.grad_F[t, r, s] += np.dot(slicedE, self.I[d, h, w])
        return grad_I
