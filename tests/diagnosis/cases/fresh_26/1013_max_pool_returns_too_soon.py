"""Truth: the return of the pooling layer's way back stands inside the loop over the patches, so that only the first patch
gets a gradient. The convolution is right. Most of what reaches the convolution layer is 0, yet the model converges - why?
"""
import numpy as np


class ConvolutionLayer:
    def __init__(self, kernel_num, kernel_size):
        self.kernel_num = kernel_num
        self.kernel_size = kernel_size
        self.kernels = np.random.randn(kernel_num, kernel_size, kernel_size) / kernel_size ** 2

    def patches(self, image):
        rows, cols = image.shape
        k = self.kernel_size
        for r in range(rows - k + 1):
            for c in range(cols - k + 1):
                yield image[r:r + k, c:c + k], r, c

    def forward_prop(self, image):
        self.image = image
        rows, cols = image.shape
        k = self.kernel_size
        out = np.zeros((rows - k + 1, cols - k + 1, self.kernel_num))
        for patch, r, c in self.patches(image):
            out[r, c] = np.sum(patch * self.kernels, axis=(1, 2))
        return out

    def back_prop(self, dE_dY, alpha):
        dE_dk = np.zeros(self.kernels.shape)
        for patch, r, c in self.patches(self.image):
            for f in range(self.kernel_num):
                dE_dk[f] += patch * dE_dY[r, c, f]
        self.kernels = self.kernels - alpha * dE_dk
        return dE_dk


class MaxPoolingLayer:
    def __init__(self, size):
        self.size = size

    def patches(self, image):
        for r in range(image.shape[0] // self.size):
            for c in range(image.shape[1] // self.size):
                yield image[r * self.size:(r + 1) * self.size, c * self.size:(c + 1) * self.size], r, c

    def forward_prop(self, image):
        self.image = image
        out = np.zeros((image.shape[0] // self.size, image.shape[1] // self.size, image.shape[2]))
        for patch, r, c in self.patches(image):
            out[r, c] = np.amax(patch, axis=(0, 1))
        return out

    def back_prop(self, dE_dY):
        dE_dX = np.zeros(self.image.shape)
        for patch, r, c in self.patches(self.image):
            h, w, depth = patch.shape
            top = np.amax(patch, axis=(0, 1))
            for i in range(h):
                for j in range(w):
                    for k in range(depth):
                        if patch[i, j, k] == top[k]:
                            dE_dX[r * self.size + i, c * self.size + j, k] = dE_dY[r, c, k]
            return dE_dX


if __name__ == "__main__":
    np.random.seed(5)
    conv, pool = ConvolutionLayer(3, 3), MaxPoolingLayer(2)
    image = np.random.rand(8, 8)
    target = np.random.rand(3, 3, 3)
    for step in range(3):
        out = pool.forward_prop(conv.forward_prop(image))
        print("error", 0.5 * np.sum((out - target) ** 2))
        conv.back_prop(pool.back_prop(out - target), 0.05)
