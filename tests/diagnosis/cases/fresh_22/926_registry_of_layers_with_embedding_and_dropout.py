"""Truth: dropout's way back lacks the scale, and the loss is divided by all tokens where its forward counts those that are not padding. A registry of layers."""
import numpy as np

REGISTRY = {}
PAD = 0


def register(name):
    def wrap(cls):
        REGISTRY[name] = cls
        cls.kind = name
        return cls
    return wrap


def build(name, *args, **kwargs):
    return REGISTRY[name](*args, **kwargs)


class Module:
    training = True

    def __call__(self, *args):
        return self.forward(*args)

    @property
    def parameters(self):
        return [n for n in vars(self) if hasattr(self, 'grad_' + n)]


@register('embedding')
class Embedding(Module):
    def __init__(self, vocab, dim, rng):
        self.table = rng.normal(0, 0.5, (vocab, dim))

    def forward(self, ids):
        self.ids = ids
        return self.table[ids]

    def backward(self, grad):
        self.grad_table = np.zeros_like(self.table)
        np.add.at(self.grad_table, self.ids, grad)
        return None


@register('dropout')
class Dropout(Module):
    def __init__(self, p=0.3, seed=0):
        self.p = p
        self.rng = np.random.default_rng(seed)

    def forward(self, x):
        if not self.training or self.p == 0:
            self.mask = np.ones_like(x)
            return x
        self.mask = self.rng.random(x.shape) >= self.p
        return x * self.mask / (1 - self.p)

    def backward(self, grad):
        if not self.training or self.p == 0:
            return grad
        return grad * self.mask


@register('linear')
class Linear(Module):
    def __init__(self, n_in, n_out, rng):
        self.weight = rng.normal(0, n_in ** -0.5, (n_out, n_in))
        self.bias = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.weight.T + self.bias

    def backward(self, grad):
        self.grad_weight = np.einsum('bto,bti->oi', grad, self.x)
        self.grad_bias = grad.sum(axis=(0, 1))
        return grad @ self.weight


@register('cross_entropy')
class CrossEntropy(Module):
    def forward(self, logits, target):
        z = logits - logits.max(axis=-1, keepdims=True)
        logp = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
        self.keep = (target != PAD)
        self.target = target
        self.prob = np.exp(logp)
        picked = np.take_along_axis(logp, target[..., None], axis=-1)[..., 0]
        return -(picked * self.keep).sum() / self.keep.sum()

    def backward(self):
        grad = self.prob.copy()
        onehot = np.eye(grad.shape[-1])[self.target]
        grad = (grad - onehot) * self.keep[..., None]
        return grad / self.target.size


if __name__ == '__main__':
    rng = np.random.default_rng(1)
    ids = np.array([[1, 2, 3, 4, 0, 0], [3, 3, 5, 1, 2, 0]])
    goal = np.array([[2, 3, 4, 5, 0, 0], [3, 5, 1, 2, 4, 0]])
    emb, drop, lin, ce = build('embedding', 6, 4, rng), build('dropout', 0.3), build('linear', 4, 6, rng), build('cross_entropy')
    for step in range(60):
        loss = ce(lin(drop(emb(ids))), goal)
        emb.backward(drop.backward(lin.backward(ce.backward())))
        for layer in (emb, lin):
            for name in layer.parameters:
                setattr(layer, name, getattr(layer, name) - 0.5 * getattr(layer, 'grad_' + name))
    print(loss)
