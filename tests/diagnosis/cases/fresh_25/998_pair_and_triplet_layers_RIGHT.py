"""Truth: all right. Contrastive and triplet loss with 1 / (2 n), so that no factor 2 is left in the differences. Should
the derivative by a not be a - 2 b, or for the triplet the one by x_p just -x_a? (No.)
"""
import numpy as np


def contrastive_forward(a, b, similar, margin=1.0):
    diff = a - b
    dist = np.sqrt(np.sum(diff ** 2, axis=1))
    gap = np.maximum(margin - dist, 0.0)
    loss = np.sum(np.where(similar, dist ** 2, gap ** 2)) / (2.0 * len(a))
    return loss, (diff, dist, gap, similar)


def contrastive_backward(cache):
    diff, dist, gap, similar = cache
    alpha = np.where(similar, 1.0, -gap / (dist + 1e-12)) / len(diff)
    da = alpha[:, None] * diff
    return da, -da


class TripletLayer:
    """anchors, positives and negatives come one below the other in one batch"""

    def __init__(self, margin=0.3):
        self.margin = margin

    def forward(self, features):
        x_a, x_p, x_n = np.split(features, 3)
        ap = np.sum((x_a - x_p) ** 2, axis=1)
        an = np.sum((x_a - x_n) ** 2, axis=1)
        dist = self.margin + ap - an
        self.active = dist > 0
        self.parts = x_a, x_p, x_n
        return np.sum(dist[self.active]) / (2 * len(x_a))

    def backward(self):
        x_a, x_p, x_n = self.parts
        num = len(x_a)
        bottom = np.zeros((3, num, x_a.shape[1]))
        for i in range(num):
            if self.active[i]:
                bottom[0, i] = (x_n[i] - x_p[i]) / num
                bottom[1, i] = (x_p[i] - x_a[i]) / num
                bottom[2, i] = (x_a[i] - x_n[i]) / num
        return bottom.reshape(3 * num, -1)


if __name__ == "__main__":
    rng = np.random.default_rng(12)
    a, b = rng.normal(0, 0.5, (8, 3)), rng.normal(0, 0.5, (8, 3))
    similar = np.array([1, 0, 0, 1, 1, 0, 1, 0], dtype=bool)
    loss, cache = contrastive_forward(a, b, similar)
    da, db = contrastive_backward(cache)
    print(loss, np.abs(da).sum(), np.abs(db).sum())
    layer = TripletLayer()
    x = rng.normal(0, 0.5, (12, 3))
    for i in range(20):
        value = layer.forward(x)
        x -= 0.2 * layer.backward()
    print(value)
