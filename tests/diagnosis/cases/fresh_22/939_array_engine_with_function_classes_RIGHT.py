"""Truth: right. An array engine whose operations are classes with static forward and backward and a context, and a net for circles trained on it."""
from __future__ import annotations

from typing import Any, Optional, Tuple, Type

import numpy as np


def unbroadcast(grad: np.ndarray, shape: Tuple[int, ...]) -> np.ndarray:
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    for axis, n in enumerate(shape):
        if n == 1 and grad.shape[axis] != 1:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad


class Context:
    def __init__(self) -> None:
        self.saved: Tuple[Any, ...] = ()

    def save(self, *items: Any) -> None:
        self.saved = items


class Function:
    @classmethod
    def apply(cls, *inputs: "Tensor") -> "Tensor":
        ctx = Context()
        out = Tensor(cls.forward(ctx, *(t.data for t in inputs)))
        out.creator = (cls, ctx, inputs)
        return out


class Add(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save(a.shape, b.shape)
        return a + b

    @staticmethod
    def backward(ctx, g):
        sa, sb = ctx.saved
        return unbroadcast(g, sa), unbroadcast(g, sb)


class Mul(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save(a, b)
        return a * b

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved
        return unbroadcast(g * b, a.shape), unbroadcast(g * a, b.shape)


class MatMul(Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save(a, b)
        return a @ b

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved
        return g @ b.T, a.T @ g


class Sigmoid(Function):
    @staticmethod
    def forward(ctx, a):
        s = 1 / (1 + np.exp(-a))
        ctx.save(s)
        return s

    @staticmethod
    def backward(ctx, g):
        (s,) = ctx.saved
        return (g * s * (1 - s),)


class Log(Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save(a)
        return np.log(a)

    @staticmethod
    def backward(ctx, g):
        (a,) = ctx.saved
        return (g / a,)


class Mean(Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save(a.shape, a.size)
        return np.array(a.mean())

    @staticmethod
    def backward(ctx, g):
        shape, size = ctx.saved
        return (np.full(shape, g / size),)


class Tensor:
    def __init__(self, data) -> None:
        self.data = np.asarray(data, dtype=float)
        self.grad: Optional[np.ndarray] = None
        self.creator: Optional[Tuple[Type[Function], Context, Tuple["Tensor", ...]]] = None

    def __add__(self, o): return Add.apply(self, o if isinstance(o, Tensor) else Tensor(o))
    def __mul__(self, o): return Mul.apply(self, o if isinstance(o, Tensor) else Tensor(o))
    def __matmul__(self, o): return MatMul.apply(self, o)
    def __neg__(self): return self * -1.0
    def __rsub__(self, o): return -self + o
    def sigmoid(self): return Sigmoid.apply(self)
    def log(self): return Log.apply(self)
    def mean(self): return Mean.apply(self)

    def backward(self) -> None:
        order, seen = [], set()

        def walk(t: Tensor) -> None:
            if id(t) in seen or t.creator is None:
                return
            seen.add(id(t))
            for parent in t.creator[2]:
                walk(parent)
            order.append(t)

        walk(self)
        self.grad = np.ones_like(self.data)
        for t in reversed(order):
            cls, ctx, inputs = t.creator
            for parent, g in zip(inputs, cls.backward(ctx, t.grad)):
                parent.grad = g if parent.grad is None else parent.grad + g


def bce(p: Tensor, y: np.ndarray) -> Tensor:
    return -(p.log() * y + (1.0 - p).log() * (1 - y)).mean()


if __name__ == "__main__":
    rng = np.random.default_rng(2)
    X = rng.uniform(-1, 1, (50, 2))
    y = ((X ** 2).sum(axis=1, keepdims=True) < 0.5).astype(float)
    params = [Tensor(rng.normal(0, 1, s)) for s in ((2, 8), (1, 8), (8, 1), (1, 1))]
    w1, b1, w2, b2 = params
    for step in range(200):
        hidden = (Tensor(X) @ w1 + b1).sigmoid()
        loss = bce((hidden @ w2 + b2).sigmoid(), y)
        for p in params:
            p.grad = None
        loss.backward()
        for p in params:
            p.data = p.data - 1.0 * p.grad
        if step % 50 == 0:
            print(step, float(loss.data))
