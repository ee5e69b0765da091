"""Truth: mish's derivative takes the slope of tanh at the input instead of at the softplus. Activations with a common base, some with parameters."""
import numpy as np


class Activation:
    def __call__(self, x):
        self.x = x
        return self.f(x)

    def backward(self, grad):
        return grad * self.df(self.x)

    def f(self, x):
        raise NotImplementedError

    def df(self, x):
        raise NotImplementedError


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Gelu(Activation):
    C = np.sqrt(2 / np.pi)

    def f(self, x):
        return 0.5 * x * (1 + np.tanh(self.C * (x + 0.044715 * x ** 3)))

    def df(self, x):
        t = np.tanh(self.C * (x + 0.044715 * x ** 3))
        return 0.5 * (1 + t) + 0.5 * x * (1 - t ** 2) * self.C * (1 + 3 * 0.044715 * x ** 2)


class Mish(Activation):
    def f(self, x):
        return x * np.tanh(np.log1p(np.exp(x)))

    def df(self, x):
        t = np.tanh(np.log1p(np.exp(x)))
        return t + x * (1 - np.tanh(x) ** 2) * _sigmoid(x)


class Swish(Activation):
    def __init__(self, beta=1.5):
        self.beta = beta

    def f(self, x):
        return x * _sigmoid(self.beta * x)

    def df(self, x):
        s = _sigmoid(self.beta * x)
        return s + self.beta * x * s * (1 - s)


class Selu(Activation):
    ALPHA, LAMBDA = 1.6732632, 1.0507010

    def f(self, x):
        return self.LAMBDA * np.where(x > 0, x, self.ALPHA * (np.exp(np.minimum(x, 0)) - 1))

    def df(self, x):
        return self.LAMBDA * np.where(x > 0, 1.0, self.ALPHA * np.exp(np.minimum(x, 0)))


class PRelu(Activation):
    """one slope for each feature"""

    def __init__(self, n):
        self.alpha = np.full(n, 0.25)

    def f(self, x):
        return np.where(x > 0, x, self.alpha * x)

    def backward(self, grad):
        self.dalpha = np.sum(grad * np.where(self.x > 0, 0.0, self.x), axis=0)
        return grad * np.where(self.x > 0, 1.0, self.alpha)


class Maxout(Activation):
    """the largest of k neighbours"""

    def __init__(self, k=2):
        self.k = k

    def f(self, x):
        g = x.reshape(len(x), -1, self.k)
        self.arg = g.argmax(axis=2)
        return g.max(axis=2)

    def backward(self, grad):
        out = np.zeros(grad.shape + (self.k,))
        np.put_along_axis(out, self.arg[..., None], grad[..., None], axis=2)
        return out.reshape(len(grad), -1)


if __name__ == "__main__":
    x = np.random.RandomState(0).randn(3, 6)
    for act in (Gelu(), Mish(), Swish(), Selu(), PRelu(6), Maxout(3)):
        y = act(x)
        print(type(act).__name__, y.round(3).tolist()[0], act.backward(np.ones_like(y)).round(3).tolist()[0])
