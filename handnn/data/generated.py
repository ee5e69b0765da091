"""Generated two-dimensional sets. t, u, v are uniform; `noise` is the standard deviation of the noise on x.

Each generator takes the classes of the samples and returns points (n, 2) without noise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .checks import whole_number
from .source import Source

MOST_SAMPLES = 10_000_000


def moons(labels: np.ndarray, classes: int, rng: np.random.Generator) -> np.ndarray:
    """Two interleaved half circles: (cos t, sin t) and (1 - cos t, 1/2 - sin t), t in 0..pi."""
    t = rng.uniform(0, np.pi, len(labels))
    upper, lower = np.stack([np.cos(t), np.sin(t)], 1), np.stack([1 - np.cos(t), 0.5 - np.sin(t)], 1)
    return np.where(labels[:, None] == 0, upper, lower)


def circles(labels: np.ndarray, classes: int, rng: np.random.Generator) -> np.ndarray:
    """Two rings: r (cos t, sin t) with r = 1 for class 0 and 1/2 for class 1, t in 0..2 pi."""
    t = rng.uniform(0, 2 * np.pi, len(labels))
    return np.where(labels == 0, 1.0, 0.5)[:, None] * np.stack([np.cos(t), np.sin(t)], 1)


def xor(labels: np.ndarray, classes: int, rng: np.random.Generator) -> np.ndarray:
    """Four quadrants: s (u, v) for class 0 and s (u, -v) for class 1, u, v in 0..1, s = 1 or -1."""
    u, v = rng.uniform(0, 1, (2, len(labels)))
    sign = rng.choice([-1.0, 1.0], len(labels))
    return sign[:, None] * np.stack([u, np.where(labels == 0, v, -v)], 1)


def spiral(labels: np.ndarray, classes: int, rng: np.random.Generator) -> np.ndarray:
    """K arms: r (cos t, sin t), r in 0..1, t = 2 pi (k/K + 3/4 r) for class k of K."""
    r = rng.uniform(0, 1, len(labels))
    t = 2 * np.pi * (labels / classes + 0.75 * r)
    return r[:, None] * np.stack([np.cos(t), np.sin(t)], 1)


class Recipe(NamedTuple):
    """A generator with its default noise and number of classes."""

    points: Callable[[np.ndarray, int, np.random.Generator], np.ndarray]
    noise: float
    classes: int
    description: str


RECIPES = {
    "moons": Recipe(moons, 0.1, 2, "two interleaved half circles, 2 features, 2 classes, generated"),
    "circles": Recipe(circles, 0.05, 2, "one ring inside another, 2 features, 2 classes, generated"),
    "xor": Recipe(xor, 0.05, 2, "opposite quadrants alike, 2 features, 2 classes, generated"),
    "spiral": Recipe(spiral, 0.02, 3, "spiral arms, 2 features, 3 classes or as many as asked for, generated"),
}


def generate(name: str, samples: int, noise: float | None, classes: int | None, seed: int) -> Source:
    """Return `samples` points of the set `name`, with class sizes as equal as possible."""
    recipe = RECIPES[name]
    classes = recipe.classes if classes is None else classes
    samples = whole_number("samples", samples, least=2 * classes, most=MOST_SAMPLES)
    # A stream of its own: the split draws from [seed, 1], so points and split are independent.
    rng = np.random.default_rng([seed, 0])
    labels = np.arange(samples) % classes
    points = recipe.points(labels, classes, rng)
    points += rng.normal(0, recipe.noise if noise is None else noise, points.shape)
    names = tuple(str(label) for label in range(classes))
    return Source(name, {"train": (points, labels)}, "classification", names, None, 1.0)
