"""Truth: forward is a convolution (np.convolve). The gradient of the kernel is a correlation with the arguments in the right order
but must be reversed: np.correlate(x, dout)[::-1]. As it stands it is backwards.
"""
import numpy as np


class Conv1D:
    def __init__(self, n_kernels=2, kernel_size=3):
        self.kernels = np.random.normal(size=(n_kernels, kernel_size))
        self.offsets = np.random.normal(size=n_kernels)

    def forward(self, signal):
        self.signal = signal
        return np.array([np.convolve(signal, k, mode="valid") + b for k, b in zip(self.kernels, self.offsets)])

    def backward(self, out_gradient):
        self.d_kernels = np.zeros_like(self.kernels)
        self.d_offsets = out_gradient.sum(axis=1)
        in_gradient = np.zeros_like(self.signal)
        for n in range(len(self.kernels)):
            self.d_kernels[n] = np.correlate(self.signal, out_gradient[n], mode="valid")
            in_gradient += np.correlate(out_gradient[n], self.kernels[n], mode="full")
        return in_gradient
