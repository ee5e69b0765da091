"""Truth: the loop of the pooling layer, and the order of things in the last one. Three classes, one image at a time, each layer moves its
own weights on the way back.
"""
import numpy as np


class ConvLayer:
    def __init__(self, count, size=3):
        self.count, self.size = count, size
        self.kernels = np.random.randn(count, size, size) / size ** 2

    def patches(self, image):
        rows, cols = image.shape
        for r in range(rows - self.size + 1):
            for c in range(cols - self.size + 1):
                yield r, c, image[r:r + self.size, c:c + self.size]

    def forward(self, image):
        self.image = image
        rows, cols = image.shape
        result = np.zeros((rows - self.size + 1, cols - self.size + 1, self.count))
        for r, c, patch in self.patches(image):
            result[r, c] = (self.kernels * patch).sum(axis=(1, 2))
        return result

    def backward(self, upstream, rate):
        grad = np.zeros_like(self.kernels)
        for r, c, patch in self.patches(self.image):
            grad += upstream[r, c][:, None, None] * patch
        self.kernels -= rate * grad


class PoolLayer:
    def forward(self, maps):
        self.maps = maps
        rows, cols, count = maps.shape
        result = np.zeros((rows // 2, cols // 2, count))
        for r in range(rows // 2):
            for c in range(cols // 2):
                result[r, c] = np.max(maps[2 * r:2 * r + 2, 2 * c:2 * c + 2], axis=(0, 1))
        return result

    def backward(self, upstream):
        grad = np.zeros_like(self.maps)
        for r in range(upstream.shape[0]):
            for c in range(upstream.shape[1]):
                block = self.maps[2 * r:2 * r + 2, 2 * c:2 * c + 2]
                largest = np.max(block, axis=(0, 1))
                grad[2 * r:2 * r + 2, 2 * c:2 * c + 2] = (block == largest) * upstream[r, c]
            return grad


class ClassLayer:
    def __init__(self, inputs, classes):
        self.w = np.random.randn(inputs, classes) / inputs
        self.b = np.zeros(classes)

    def forward(self, maps):
        self.shape = maps.shape
        self.flat = maps.ravel()
        scores = np.exp(self.flat @ self.w + self.b)
        self.probs = scores / scores.sum()
        return self.probs

    def backward(self, upstream, rate):
        d_scores = self.probs * (upstream - np.dot(upstream, self.probs))
        self.w -= rate * np.outer(self.flat, d_scores)
        self.b -= rate * d_scores
        return (self.w @ d_scores).reshape(self.shape)


if __name__ == "__main__":
    np.random.seed(0)
    conv, pool, last = ConvLayer(4), PoolLayer(), ClassLayer(3 * 3 * 4, 3)
    for step in range(60):
        label = step % 3
        image = np.random.rand(8, 8) * 0.3
        image[:, 2 * label:2 * label + 2] += 1
        probs = last.forward(pool.forward(conv.forward(image)))
        start = np.zeros(3)
        start[label] = -1 / probs[label]
        conv.backward(pool.backward(last.backward(start, 0.1)), 0.1)
        if step % 20 == 0:
            print(step, -np.log(probs[label]))
