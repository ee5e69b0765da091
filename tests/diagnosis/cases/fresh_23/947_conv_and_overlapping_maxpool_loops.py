"""Truth: windows of the pooling overlap, but the gradient is set instead of added. CNN forward/backward with nested for loops. Images are (N, H, W, C)."""
import numpy as np


class ConvLayer:
    def __init__(self, k, c_in, c_out, pad=1, seed=0):
        rs = np.random.RandomState(seed)
        self.K = rs.randn(k, k, c_in, c_out) * 0.3
        self.bias = np.zeros(c_out)
        self.k, self.pad = k, pad

    def forward(self, imgs):
        p, k = self.pad, self.k
        self.padded = np.pad(imgs, ((0, 0), (p, p), (p, p), (0, 0)))
        N, H, W, _ = self.padded.shape
        out = np.zeros((N, H - k + 1, W - k + 1, len(self.bias)))
        for r in range(out.shape[1]):
            for c in range(out.shape[2]):
                region = self.padded[:, r:r + k, c:c + k, :]
                out[:, r, c, :] = np.tensordot(region, self.K, axes=3) + self.bias
        return out

    def backward(self, dout):
        p, k = self.pad, self.k
        self.dK = np.zeros_like(self.K)
        self.dbias = dout.sum(axis=(0, 1, 2))
        dpadded = np.zeros_like(self.padded)
        for r in range(dout.shape[1]):
            for c in range(dout.shape[2]):
                region = self.padded[:, r:r + k, c:c + k, :]
                self.dK += np.tensordot(region, dout[:, r, c, :], axes=([0], [0]))
                dpadded[:, r:r + k, c:c + k, :] += np.tensordot(dout[:, r, c, :], self.K, axes=([1], [3]))
        return dpadded[:, p:-p, p:-p, :]


class MaxPoolLayer:
    """Window of 3, stride 2 by default (like in AlexNet)."""

    def __init__(self, size=3, stride=2):
        self.size, self.stride = size, stride

    def forward(self, imgs):
        self.imgs = imgs
        N, H, W, C = imgs.shape
        oh = (H - self.size) // self.stride + 1
        ow = (W - self.size) // self.stride + 1
        out = np.zeros((N, oh, ow, C))
        for r in range(oh):
            for c in range(ow):
                r0, c0 = r * self.stride, c * self.stride
                out[:, r, c, :] = imgs[:, r0:r0 + self.size, c0:c0 + self.size, :].max(axis=(1, 2))
        return out

    def backward(self, dout):
        dimgs = np.zeros_like(self.imgs)
        N, oh, ow, C = dout.shape
        for n in range(N):
            for r in range(oh):
                for c in range(ow):
                    for ch in range(C):
                        r0, c0 = r * self.stride, c * self.stride
                        win = self.imgs[n, r0:r0 + self.size, c0:c0 + self.size, ch]
                        i, j = np.unravel_index(win.argmax(), win.shape)
                        dimgs[n, r0 + i, c0 + j, ch] = dout[n, r, c, ch]
        return dimgs


if __name__ == "__main__":
    rs = np.random.RandomState(1)
    imgs = rs.randn(3, 7, 7, 2)
    conv, pool = ConvLayer(3, 2, 4), MaxPoolLayer()
    target = rs.randn(3, 3, 3, 4)
    for step in range(20):
        out = pool.forward(conv.forward(imgs))
        loss = 0.5 * np.sum((out - target) ** 2)
        conv.backward(pool.backward(out - target))
        conv.K -= 0.005 * conv.dK
        conv.bias -= 0.005 * conv.dbias
        if step % 5 == 0:
            print(step, loss)
