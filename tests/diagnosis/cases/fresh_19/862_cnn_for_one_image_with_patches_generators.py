"""Truth: where the pooling's way back ends. A network for one image at a time, layers with generators of patches and back_prop(dE_dY, alpha)."""
import numpy as np


class ConvolutionLayer:
    def __init__(self, kernel_num, kernel_size):
        self.kernel_num = kernel_num
        self.kernel_size = kernel_size
        self.kernels = np.random.randn(kernel_num, kernel_size, kernel_size) / (kernel_size ** 2)

    def patches_generator(self, image):
        image_h, image_w = image.shape
        self.image = image
        for h in range(image_h - self.kernel_size + 1):
            for w in range(image_w - self.kernel_size + 1):
                patch = image[h:(h + self.kernel_size), w:(w + self.kernel_size)]
                yield patch, h, w

    def forward_prop(self, image):
        image_h, image_w = image.shape
        convolution_output = np.zeros((image_h - self.kernel_size + 1, image_w - self.kernel_size + 1, self.kernel_num))
        for patch, h, w in self.patches_generator(image):
            convolution_output[h, w] = np.sum(patch * self.kernels, axis=(1, 2))
        return convolution_output

    def back_prop(self, dE_dY, alpha):
        dE_dk = np.zeros(self.kernels.shape)
        for patch, h, w in self.patches_generator(self.image):
            for f in range(self.kernel_num):
                dE_dk[f] += patch * dE_dY[h, w, f]
        self.kernels -= alpha * dE_dk
        return dE_dk


class MaxPoolingLayer:
    def __init__(self, kernel_size):
        self.kernel_size = kernel_size

    def patches_generator(self, image):
        output_h = image.shape[0] // self.kernel_size
        output_w = image.shape[1] // self.kernel_size
        self.image = image
        for h in range(output_h):
            for w in range(output_w):
                patch = image[h * self.kernel_size:(h + 1) * self.kernel_size, w * self.kernel_size:(w + 1) * self.kernel_size]
                yield patch, h, w

    def forward_prop(self, image):
        image_h, image_w, num_kernels = image.shape
        output = np.zeros((image_h // self.kernel_size, image_w // self.kernel_size, num_kernels))
        for patch, h, w in self.patches_generator(image):
            output[h, w] = np.amax(patch, axis=(0, 1))
        return output

    def back_prop(self, dE_dY, alpha):
        dE_dk = np.zeros(self.image.shape)
        for patch, h, w in self.patches_generator(self.image):
            patch_h, patch_w, num_kernels = patch.shape
            max_val = np.amax(patch, axis=(0, 1))
            for idx_h in range(patch_h):
                for idx_w in range(patch_w):
                    for idx_k in range(num_kernels):
                        if patch[idx_h, idx_w, idx_k] == max_val[idx_k]:
                            dE_dk[h * self.kernel_size + idx_h, w * self.kernel_size + idx_w, idx_k] = dE_dY[h, w, idx_k]
            return dE_dk


class SoftmaxLayer:
    def __init__(self, input_units, output_units):
        self.weight = np.random.randn(input_units, output_units) / input_units
        self.bias = np.zeros(output_units)

    def forward_prop(self, image):
        self.original_shape = image.shape
        self.flattened_input = image.flatten()
        first_output = np.dot(self.flattened_input, self.weight) + self.bias
        exp = np.exp(first_output - np.max(first_output))
        self.softmax_output = exp / np.sum(exp)
        return self.softmax_output

    def back_prop(self, dE_dY, alpha):
        y = self.softmax_output
        dE_dZ = y * (dE_dY - np.sum(dE_dY * y))
        dE_dw = np.outer(self.flattened_input, dE_dZ)
        dE_dX = np.dot(self.weight, dE_dZ)
        self.weight -= alpha * dE_dw
        self.bias -= alpha * dE_dZ
        return dE_dX.reshape(self.original_shape)


def CNN_training(image, label, layers, alpha=0.05):
    output = image - 0.5
    for layer in layers:
        output = layer.forward_prop(output)
    loss = -np.log(output[label])
    gradient = np.zeros(len(output))
    gradient[label] = -1 / output[label]
    for layer in layers[::-1]:
        gradient = layer.back_prop(gradient, alpha)
    return loss


if __name__ == '__main__':
    np.random.seed(4)
    images = np.random.rand(30, 8, 8)
    labels = (images[:, :, :4].mean(axis=(1, 2)) > images[:, :, 4:].mean(axis=(1, 2))).astype(int)
    layers = [ConvolutionLayer(3, 3), MaxPoolingLayer(2), SoftmaxLayer(3 * 3 * 3, 2)]
    for epoch in range(3):
        print('Epoch {} ->'.format(epoch + 1))
        loss = 0
        for image, label in zip(images, labels):
            loss += CNN_training(image, label, layers)
        print('average loss', loss / len(images))
