"""Truth: back_prop returns within the loop, after the first patch: every other patch's gradient stays 0. One image at a time, the
channels last, the patches from a generator, the layer's name for the kernel is its size.
"""
import numpy as np


class MaxPoolingLayer:
    def __init__(self, kernel_size=2):
        self.kernel_size = kernel_size

    def patches_generator(self, image):
        out_h = image.shape[0] // self.kernel_size
        out_w = image.shape[1] // self.kernel_size
        self.image = image
        for h in range(out_h):
            for w in range(out_w):
                k = self.kernel_size
                yield image[h * k:(h + 1) * k, w * k:(w + 1) * k], h, w

    def forward_prop(self, image):
        height, width, channels = image.shape
        out = np.zeros((height // self.kernel_size, width // self.kernel_size, channels))
        for patch, h, w in self.patches_generator(image):
            out[h, w] = np.amax(patch, axis=(0, 1))
        return out

    def back_prop(self, dE_dY):
        dE_dX = np.zeros(self.image.shape)
        for patch, h, w in self.patches_generator(self.image):
            rows, cols, channels = patch.shape
            largest = np.amax(patch, axis=(0, 1))
            for i in range(rows):
                for j in range(cols):
                    for c in range(channels):
                        if patch[i, j, c] == largest[c]:
                            dE_dX[h * self.kernel_size + i, w * self.kernel_size + j, c] = dE_dY[h, w, c]
            return dE_dX
