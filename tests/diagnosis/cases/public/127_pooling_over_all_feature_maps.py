"""Truth: the FORWARD pass is wrong. It takes the maximum of the window over all feature maps instead of the one of
map_num: feature_map[r : r + size, c : c + size] lacks the index map_num. The backward pass is for the right one.
"""
import numpy as np


class Pooling:
    """handnn: layer MaxPooling2D(2), input_shape=(4, 6, 3)"""

    def __init__(self, size=2, stride=2):
        self.size, self.stride = size, stride

    def forward(self, x):
        self.x = x
        return np.stack([self.pooling(feature_map) for feature_map in x])

    def pooling(self, feature_map):
        size, stride = self.size, self.stride
        # one output map for each input map
        height, width, maps = feature_map.shape
        pool_out = np.zeros(((height - size) // stride + 1, (width - size) // stride + 1, maps))
        for map_num in range(feature_map.shape[-1]):
            r2 = 0
            for r in np.arange(0, feature_map.shape[0] - size + 1, stride):
                c2 = 0
                for c in np.arange(0, feature_map.shape[1] - size + 1, stride):
                    pool_out[r2, c2, map_num] = np.max([feature_map[r : r + size, c : c + size]])
                    c2 = c2 + 1
                r2 = r2 + 1
        return pool_out

    def backward(self, dout):
        dx = np.zeros_like(self.x)
        s, t = self.size, self.stride
        for n, r, c, k in np.ndindex(dout.shape):
            window = self.x[n, r * t : r * t + s, c * t : c * t + s, k]
            i, j = np.unravel_index(window.argmax(), window.shape)
            dx[n, r * t + i, c * t + j, k] += dout[n, r, c, k]
        return dx
