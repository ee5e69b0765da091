"""Truth: RIGHT, all three. A 3x3 convolution without padding, a pooling of 2 and a softmax over flattened images, one grey image at a time,
each moving its own weights on the way back; the last hands down what it worked out before it moves.
"""
import numpy as np


class EdgeFilters:
    SIDE = 3

    def __init__(self, how_many):
        self.bank = np.random.randn(how_many, self.SIDE, self.SIDE) / self.SIDE ** 2

    def patches(self):
        tall, wide = self.picture.shape
        for top in range(tall - self.SIDE + 1):
            for left in range(wide - self.SIDE + 1):
                yield top, left, self.picture[top:top + self.SIDE, left:left + self.SIDE]

    def forward(self, picture):
        self.picture = picture
        maps = np.empty((picture.shape[0] - self.SIDE + 1, picture.shape[1] - self.SIDE + 1, len(self.bank)))
        for top, left, patch in self.patches():
            maps[top, left] = (self.bank * patch).sum(axis=(1, 2))
        return maps

    def backward(self, d_maps, step):
        change = np.zeros_like(self.bank)
        for top, left, patch in self.patches():
            for k, d in enumerate(d_maps[top, left]):
                change[k] += d * patch
        self.bank -= step * change


class Strongest:
    # the largest of each 2 by 2

    def blocks(self):
        tall, wide, _ = self.maps.shape
        for a in range(tall // 2):
            for b in range(wide // 2):
                yield a, b, (slice(2 * a, 2 * a + 2), slice(2 * b, 2 * b + 2))

    def forward(self, maps):
        self.maps = maps
        small = np.empty((maps.shape[0] // 2, maps.shape[1] // 2, maps.shape[2]))
        for a, b, where in self.blocks():
            small[a, b] = maps[where].max(axis=(0, 1))
        return small

    def backward(self, d_small):
        d_maps = np.zeros_like(self.maps)
        for a, b, where in self.blocks():
            winner = self.maps[where] == self.maps[where].max(axis=(0, 1))
            d_maps[where] = winner * d_small[a, b]
        return d_maps


class Verdict:
    def __init__(self, length, classes):
        self.table = np.random.randn(length, classes) / length
        self.offset = np.zeros(classes)

    def forward(self, maps):
        self.form = maps.shape
        self.flat = maps.ravel()
        sums = self.flat @ self.table + self.offset
        share = np.exp(sums - sums.max())
        self.share = share / share.sum()
        return self.share

    def backward(self, d_share, step):
        d_sums = self.share * (d_share - self.share @ d_share)
        d_flat = self.table @ d_sums
        self.table -= step * np.outer(self.flat, d_sums)
        self.offset -= step * d_sums
        return d_flat.reshape(self.form)


if __name__ == '__main__':
    np.random.seed(3)
    filters, strongest, verdict = EdgeFilters(4), Strongest(), Verdict(3 * 3 * 4, 2)
    for turn in range(120):
        picture = 0.1 * np.random.randn(8, 8)
        upright = turn % 2
        picture[(slice(None), 3) if upright else 3] += 1
        share = verdict.forward(strongest.forward(filters.forward(picture)))
        d_share = np.zeros(2)
        d_share[upright] = -1 / share[upright]
        filters.backward(strongest.backward(verdict.backward(d_share, .05)), .05)
    print('loss of the last picture:', -np.log(share[upright]))
