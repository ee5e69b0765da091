"""Truth: one mistake, of the kind where a number of the inner derivative is not there. Normalization by the squares of the neighbouring
channels, as large image networks once had it, channels in the second axis.
"""
import numpy as np


class LRN(object):
    '''
    y[c] = x[c] / (k + alpha / n * sum of x[c'] ** 2 over n channels around c) ** beta
    '''

    def __init__(self, n=5, alpha=0.05, beta=0.75, k=2.):
        assert n % 2 == 1, 'only odd n'
        self.n, self.alpha, self.beta, self.k = n, alpha, beta, k

    def _over_neighbours(self, a):
        half = self.n // 2
        b, ch, h, w = a.shape
        extra = np.zeros((b, ch + 2 * half, h, w))
        extra[:, half:half + ch] = a
        total = np.zeros_like(a)
        for i in range(self.n):
            total += extra[:, i:i + ch]
        return total

    def fprop(self, x):
        self.x = x
        self.scale = self.k + (self.alpha / self.n) * self._over_neighbours(np.square(x))
        self.y = x * np.power(self.scale, -self.beta)
        return self.y

    def bprop(self, dy):
        direct = dy * np.power(self.scale, -self.beta)
        ratio = dy * self.y / self.scale
        coefficient = self.alpha * self.beta / self.n
        return direct - coefficient * self.x * self._over_neighbours(ratio)


if __name__ == '__main__':
    layer = LRN()
    imgs = 3 * np.random.RandomState(2).randn(2, 6, 3, 3)
    out = layer.fprop(imgs)
    print(out.std(), layer.bprop(out).std())
