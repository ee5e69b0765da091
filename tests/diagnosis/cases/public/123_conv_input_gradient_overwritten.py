"""Truth: in the loop over filters and positions the input's gradient is assigned (`=`), so that each window overwrites
what its neighbours and the filters before have left there; it must be added (`+=`). Kernel gradient right.
"""
import numpy as np


class ConvolutionLayer:
    def __init__(self, kernel_num=3, kernel_size=2, channels=2):
        self.kernel_num = kernel_num
        self.kernel_size = kernel_size
        self.kernels = np.random.randn(kernel_num, kernel_size, kernel_size, channels) / kernel_size**2

    def patches_generator(self, image):
        image_h, image_w = image.shape[:2]
        self.image = image
        for h in range(image_h - self.kernel_size + 1):
            for w in range(image_w - self.kernel_size + 1):
                patch = image[h : (h + self.kernel_size), w : (w + self.kernel_size)]
                yield patch, h, w

    def forward_prop(self, image):
        image_h, image_w = image.shape[:2]
        convolution_output = np.zeros((image_h - self.kernel_size + 1, image_w - self.kernel_size + 1, self.kernel_num))
        for patch, h, w in self.patches_generator(image):
            convolution_output[h, w] = np.sum(patch * self.kernels, axis=(1, 2, 3))
        return convolution_output

    def back_prop(self, dE_dY):
        k = self.kernel_size
        self.dE_dk = np.zeros(self.kernels.shape)
        dE_dX = np.zeros(self.image.shape)
        for patch, h, w in self.patches_generator(self.image):
            for f in range(self.kernel_num):
                self.dE_dk[f] += patch * dE_dY[h, w, f]
                dE_dX[h : h + k, w : w + k] = self.kernels[f] * dE_dY[h, w, f]
        return dE_dX
