"""Truth: the gradient of the RMS norm subtracts a sum where a mean is due. Functions with a context in which the forward part saves what the backward part wants."""
import numpy as np


class Context:
    def __init__(self):
        self.saved = ()

    def save(self, *items):
        self.saved = items


class MatMul:
    @staticmethod
    def forward(ctx, a, b):
        ctx.save(a, b)
        return a @ b

    @staticmethod
    def backward(ctx, grad):
        a, b = ctx.saved
        return grad @ b.T, a.T @ grad


class RMSNorm:
    @staticmethod
    def forward(ctx, x, scale, eps=1e-6):
        r = np.sqrt(np.mean(x * x, axis=1, keepdims=True) + eps)
        xn = x / r
        ctx.save(xn, r, scale)
        return xn * scale

    @staticmethod
    def backward(ctx, grad):
        xn, r, scale = ctx.saved
        gscale = np.sum(grad * xn, axis=0)
        gx = grad * scale
        gx = (gx - xn * np.sum(gx * xn, axis=1, keepdims=True)) / r
        return gx, gscale


class GatedLinear:
    """first half of the columns times the sigmoid of the second half"""

    @staticmethod
    def forward(ctx, x):
        value, gate = np.split(x, 2, axis=1)
        s = 1 / (1 + np.exp(-gate))
        ctx.save(value, s)
        return value * s

    @staticmethod
    def backward(ctx, grad):
        value, s = ctx.saved
        return np.concatenate([grad * s, grad * value * s * (1 - s)], axis=1)


class CrossEntropy:
    @staticmethod
    def forward(ctx, scores, onehot):
        shifted = scores - scores.max(axis=1, keepdims=True)
        p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        ctx.save(p, onehot)
        return -np.sum(onehot * np.log(p)) / len(p)

    @staticmethod
    def backward(ctx, grad=1.0):
        p, onehot = ctx.saved
        return grad * (p - onehot) / len(p)


if __name__ == "__main__":
    rng = np.random.default_rng(9)
    X = rng.normal(size=(40, 6))
    onehot = np.eye(3)[rng.integers(0, 3, 40)]
    W, V, scale = rng.normal(size=(6, 10)) * 0.4, rng.normal(size=(5, 3)) * 0.4, np.ones(6)
    for it in range(120):
        c = [Context() for _ in range(5)]
        n = RMSNorm.forward(c[0], X, scale)
        h = MatMul.forward(c[1], n, W)
        g = GatedLinear.forward(c[2], h)
        s = MatMul.forward(c[3], g, V)
        loss = CrossEntropy.forward(c[4], s, onehot)
        dg, dV = MatMul.backward(c[3], CrossEntropy.backward(c[4]))
        dn, dW = MatMul.backward(c[1], GatedLinear.backward(c[2], dg))
        _, dscale = RMSNorm.backward(c[0], dn)
        W -= 0.5 * dW
        V -= 0.5 * dV
        scale -= 0.5 * dscale
    print("loss", loss)
