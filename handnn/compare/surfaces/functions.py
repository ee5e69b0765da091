"""Two-dimensional test functions that show how an optimizer behaves.

Each is a class with its formula and its hand-derived gradient; x and y are the two coordinates of a point p. Paths,
pictures and tests take the surfaces from the registry, so a new one needs nothing else.
"""

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from ...core.registry import Registry

surfaces: Registry["Surface"] = Registry("surface")


class Surface(ABC):
    """A function of two numbers. Points are arrays of shape (2,), or (2, ...) for several points."""

    title: ClassVar[str]
    start: ClassVar[tuple[float, float]]
    """The start of the paths."""
    window: ClassVar[tuple[tuple[float, float], tuple[float, float]]]
    """The region of the picture: left and right, bottom and top."""
    minima: ClassVar[tuple[tuple[float, float], ...]]
    """The points with the smallest value."""
    least: ClassVar[float] = 0.0
    """The smallest value."""

    @abstractmethod
    def value(self, p: Any, xp: Any = np) -> Any:
        """Return f(p). `xp` is the library that p belongs to, NumPy or TensorFlow."""

    @abstractmethod
    def slopes(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Return df/dx and df/dy."""

    def gradient(self, p: Any) -> Any:
        """Return [df/dx, df/dy], shape of p."""
        return np.concatenate(self.slopes(p[:1], p[1:]))


def register(cls: type[Surface]) -> type[Surface]:
    """Class decorator: register an instance under the class' name in lower case."""
    surfaces.add(cls(), cls.__name__.lower())
    return cls


@register
class Rosenbrock(Surface):
    """A curved valley: it is easy to find and hard to follow to its end.

    f = (1 - x)^2 + 100 v^2 with v = y - x^2;  df/dx = -2 (1 - x) - 400 x v,  df/dy = 200 v. Rosenbrock (1960).
    """

    title = "Rosenbrock's valley"
    start, window, minima = (-1.4, 2.2), ((-2.0, 2.0), (-1.0, 3.0)), ((1.0, 1.0),)

    def value(self, p: Any, xp: Any = np) -> Any:
        x, y = p[0], p[1]
        u, v = 1.0 - x, y - x * x
        return u * u + 100.0 * v * v

    def slopes(self, x: Any, y: Any) -> tuple[Any, Any]:
        v = y - x * x
        return -2.0 * (1.0 - x) - 400.0 * x * v, 200.0 * v


@register
class Rastrigin(Surface):
    """A bowl full of holes: near every pair of whole numbers is a local minimum.

    f = 20 + x^2 - 10 cos(2 pi x) + y^2 - 10 cos(2 pi y);  df/dx = 2 x + 20 pi sin(2 pi x), and the same for y.
    Rastrigin (1974).
    """

    title = "Rastrigin's holes"
    start, window, minima = (-1.6, 1.35), ((-2.3, 2.3), (-2.3, 2.3)), ((0.0, 0.0),)

    def value(self, p: Any, xp: Any = np) -> Any:
        x, y = p[0], p[1]
        turn = 2.0 * math.pi
        return 20.0 + (x * x - 10.0 * xp.cos(turn * x)) + (y * y - 10.0 * xp.cos(turn * y))

    def slopes(self, x: Any, y: Any) -> tuple[Any, Any]:
        turn = 2.0 * math.pi
        return 2.0 * x + 10.0 * turn * np.sin(turn * x), 2.0 * y + 10.0 * turn * np.sin(turn * y)


@register
class Beale(Surface):
    """A plain with steep walls at its corners: gradients of very different sizes.

    f = a^2 + b^2 + c^2 with a = 1.5 - x + x y, b = 2.25 - x + x y^2, c = 2.625 - x + x y^3;
    df/dx = 2 (a (y - 1) + b (y^2 - 1) + c (y^3 - 1)),  df/dy = 2 x (a + 2 b y + 3 c y^2). Beale (1958).
    """

    title = "Beale's plain"
    start, window, minima = (1.0, 1.6), ((-1.0, 4.5), (-2.0, 2.2)), ((3.0, 0.5),)

    def value(self, p: Any, xp: Any = np) -> Any:
        x, y = p[0], p[1]
        a, b, c = self._parts(x, y)
        return a * a + b * b + c * c

    def slopes(self, x: Any, y: Any) -> tuple[Any, Any]:
        a, b, c = self._parts(x, y)
        by_x = a * (y - 1.0) + b * (y * y - 1.0) + c * (y * y * y - 1.0)
        return 2.0 * by_x, 2.0 * x * (a + 2.0 * b * y + 3.0 * c * (y * y))

    @staticmethod
    def _parts(x: Any, y: Any) -> tuple[Any, Any, Any]:
        return 1.5 - x + x * y, 2.25 - x + x * (y * y), 2.625 - x + x * (y * y * y)


@register
class Saddle(Surface):
    """A saddle between two valleys; the start is almost on the ridge, where the gradient leads to the saddle point.

    f = x^2 + w a with w = y^2, a = w / 4 - 1, which is x^2 - y^2 with a floor at y^2 = 2;
    df/dx = 2 x,  df/dy = 2 y (a + w / 4).
    """

    title = "Saddle"
    start, window = (-1.6, 1e-3), ((-2.0, 2.0), (-2.0, 2.0))
    minima, least = ((0.0, math.sqrt(2)), (0.0, -math.sqrt(2))), -1.0

    def value(self, p: Any, xp: Any = np) -> Any:
        x, y = p[0], p[1]
        w = y * y
        return x * x + w * (0.25 * w - 1.0)

    def slopes(self, x: Any, y: Any) -> tuple[Any, Any]:
        w = y * y
        return 2.0 * x, 2.0 * y * ((0.25 * w - 1.0) + 0.25 * w)


@register
class Quadratic(Surface):
    """A long bowl, a hundred times steeper across than along: an ill-conditioned quadratic form.

    f = (x^2 + 100 y^2) / 2;  df/dx = x,  df/dy = 100 y.
    """

    title = "Ill-conditioned quadratic"
    start, window, minima = (-9.0, 1.5), ((-10.0, 4.0), (-3.0, 3.0)), ((0.0, 0.0),)

    def value(self, p: Any, xp: Any = np) -> Any:
        x, y = p[0], p[1]
        return 0.5 * (x * x + 100.0 * (y * y))

    def slopes(self, x: Any, y: Any) -> tuple[Any, Any]:
        return 1.0 * x, 100.0 * y
