"""Truth: two mistakes of one kind, forward and backward: the loops run over the OUTPUT, so the stride belongs to the window (w * s to w *
s + K); it was put into the range, which leaves most outputs 0 and puts the windows too close. One image, channels first; the layer updates
itself.
"""
import numpy as np


class Convolution2D:
    def __init__(self, inputs_channel=2, num_filters=3, kernel_size=3, stride=2, learning_rate=0.01):
        # weight size: (F, C, K, K), bias size: (F,)
        self.F = num_filters
        self.K = kernel_size
        self.C = inputs_channel
        self.s = stride
        self.lr = learning_rate
        self.weights = np.random.normal(scale=np.sqrt(1.0 / (self.C * self.K * self.K)), size=(self.F, self.C, self.K, self.K))
        self.bias = np.zeros(self.F)

    def forward(self, inputs):
        # input size: (C, W, H), output size: (F, WW, HH)
        self.inputs = inputs
        C, W, H = inputs.shape
        WW = (W - self.K) // self.s + 1
        HH = (H - self.K) // self.s + 1
        feature_maps = np.zeros((self.F, WW, HH))
        for f in range(self.F):
            for w in range(0, WW, self.s):
                for h in range(0, HH, self.s):
                    window = self.inputs[:, w : w + self.K, h : h + self.K]
                    feature_maps[f, w, h] = np.sum(window * self.weights[f]) + self.bias[f]
        return feature_maps

    def backward(self, dy):
        dx = np.zeros(self.inputs.shape)
        dw = np.zeros(self.weights.shape)
        db = np.zeros(self.bias.shape)
        F, W, H = dy.shape
        for f in range(F):
            for w in range(0, W, self.s):
                for h in range(0, H, self.s):
                    dw[f] += dy[f, w, h] * self.inputs[:, w : w + self.K, h : h + self.K]
                    dx[:, w : w + self.K, h : h + self.K] += dy[f, w, h] * self.weights[f]
        for f in range(F):
            db[f] = np.sum(dy[f, :, :])
        self.weights -= self.lr * dw
        self.bias -= self.lr * db
        return dx


if __name__ == "__main__":
    np.random.seed(0)
    conv = Convolution2D()
    x = np.random.randn(2, 9, 9)
    print(conv.forward(x).shape, conv.backward(np.ones((3, 4, 4))).shape)
