"""Subjects for the test programs: networks in one function, layer objects, functions with their derivatives."""

import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from handnn.diagnosis.lines import load

PROGRAMS = Path(__file__).with_name("programs")


@dataclass
class Network:
    """f(parameters, x, y) -> loss, gradients."""

    module: ModuleType
    sizes: tuple[int, ...]
    function: str = "loss_and_gradients"
    columns: bool = False
    named: bool = False
    binary: bool = False
    seed: int = 3
    samples: int = 5
    kind: str = "network"

    def __post_init__(self):
        random = np.random.default_rng(self.seed)
        self.name, self.sources = self.function, [Path(self.module.__file__)]
        self.leaves = {}
        for i, (m, n) in enumerate(zip(self.sizes, self.sizes[1:], strict=False), 1):
            self.leaves[f"W{i}"] = random.normal(size=(n, m) if self.columns else (m, n)) * 0.8
            self.leaves[f"b{i}"] = random.normal(size=(n, 1) if self.columns and self.named else (n,)) * 0.4
        self.claimed = list(self.leaves)
        self.x = random.normal(size=(self.samples, self.sizes[0]))
        labels = random.integers(0, self.sizes[-1], self.samples)
        self.y = random.random((self.samples, self.sizes[-1])) if self.binary else np.eye(self.sizes[-1])[labels]
        if self.columns and self.named:
            self.x, self.y = self.x.T.copy(), self.y.T.copy()

    def run(self, probe, backward=True):
        values = {name: probe.leaf(name, a.copy()) for name, a in self.leaves.items()}
        parameters = values if self.named else list(values.values())
        loss, gradients = getattr(self.module, self.function)(parameters, self.x.copy(), self.y.copy())
        return float(loss), gradients if self.named else dict(zip(self.leaves, gradients, strict=True))

    def draws(self):
        for i in range(1, 6):
            yield replace(self, seed=self.seed + i, samples=self.samples + i)


@dataclass
class Layer:
    """An object with forward(x) and backward(upstream)."""

    module: ModuleType
    cls: str
    shape: tuple[int, ...]
    seed: int = 1
    kind: str = "layer"

    def __post_init__(self):
        random = np.random.default_rng(self.seed)
        self.name, self.sources = self.cls, [Path(self.module.__file__)]
        np.random.seed(self.seed)  # noqa: NPY002 - the user's generator
        self.made = getattr(self.module, self.cls)()
        self.own = {n: a for n, a in vars(self.made).items() if isinstance(a, np.ndarray)}
        self.own.update(getattr(self.made, "params", {}))
        self.leaves = {n: a + random.normal(size=a.shape) * 0.5 for n, a in self.own.items()}
        self.leaves["x"] = random.normal(size=self.shape)
        self.claimed = list(self.leaves)
        self.upstream = random.normal(size=np.shape(copy.deepcopy(self.made).forward(self.leaves["x"].copy())))

    def run(self, probe, backward=True):
        np.random.seed(self.seed)  # noqa: NPY002
        layer = copy.deepcopy(self.made)
        for name in self.own:
            value = probe.leaf(name, self.leaves[name].copy())
            if hasattr(layer, "params"):
                layer.params[name] = value
            else:
                setattr(layer, name, value)
        y = layer.forward(probe.leaf("x", self.leaves["x"].copy()))
        probe.output(y)
        loss = probe.compute(np.sum, probe.compute(np.multiply, y, self.upstream))
        probe.split()
        if not backward:
            return loss, {}
        gradients = {"x": layer.backward(self.upstream.copy())}
        for name in self.own:
            gradients[name] = layer.grads[name] if hasattr(layer, "grads") else getattr(layer, f"d{name}")
        return loss, gradients

    def draws(self):
        for i in range(1, 6):
            larger = self.shape if self.cls == "Embedding" else (self.shape[0] + i % 2, *self.shape[1:])
            yield replace(self, seed=self.seed + i, shape=larger)


@dataclass
class Pair:
    """A function and its derivative: an activation by z, or a loss by y_pred."""

    module: ModuleType
    function: str
    derivative: str
    kind: str = "loss"
    seed: int = 1
    binary: bool = False
    other: Any = field(default=None, init=False)

    def __post_init__(self):
        random = np.random.default_rng(self.seed)
        self.name, self.sources = self.function, [Path(self.module.__file__)]
        shape = (3 + self.seed % 3, 4)
        if self.kind == "loss":
            self.leaves = {"y_pred": random.uniform(0.1, 0.9, shape)}
            self.other = random.integers(0, 2, shape).astype(float) if self.binary else random.uniform(0.1, 0.9, shape)
        else:
            self.leaves = {"z": random.normal(size=shape) * 1.5}
        self.upstream = random.normal(size=shape)
        self.claimed = list(self.leaves)

    def run(self, probe, backward=True):
        f, g = getattr(self.module, self.function), getattr(self.module, self.derivative)
        if self.kind == "loss":
            p = probe.leaf("y_pred", self.leaves["y_pred"].copy())
            loss = f(p, self.other.copy())
            probe.split()
            return loss, {"y_pred": g(p, self.other.copy())} if backward else {}
        z = probe.leaf("z", self.leaves["z"].copy())
        a = f(z)
        probe.output(a)
        loss = probe.compute(np.sum, probe.compute(np.multiply, a, self.upstream))
        probe.split()
        return loss, {"z": self.upstream * g(z)} if backward else {}

    def draws(self):
        for i in range(1, 6):
            yield replace(self, seed=self.seed + i)


MAKERS = {
    "dense_columns": lambda m: Network(m, (3, 4, 1), columns=True, named=True, binary=True),
    "dense_deep": lambda m: Network(m, (4, 5, 3, 3)),
    "dense_samples": lambda m: Network(m, (3, 4, 3, 2), columns=True, binary=True),
    "classes/network": lambda m: Network(m, (3, 3, 3, 3)),
    "BatchNorm": lambda m: Layer(m, "BatchNorm", (5, 4)),
    "LayerNorm": lambda m: Layer(m, "LayerNorm", (3, 5)),
    "LoopConv": lambda m: Layer(m, "LoopConv", (2, 2, 3, 3)),
    "ColumnConv": lambda m: Layer(m, "ColumnConv", (2, 4, 3, 2)),
    "MaxPool": lambda m: Layer(m, "MaxPool", (2, 2, 4, 4)),
    "RNN": lambda m: Layer(m, "RNN", (3, 4, 3)),
    "LSTM": lambda m: Layer(m, "LSTM", (3, 3, 3)),
    "GRU": lambda m: Layer(m, "GRU", (3, 3, 2)),
    "Attention": lambda m: Layer(m, "Attention", (2, 3, 3)),
    "Embedding": lambda m: Layer(m, "Embedding", (2, 3, 3)),
    "DropoutNet": lambda m: Layer(m, "DropoutNet", (5, 3)),
    "swish": lambda m: Pair(m, "swish", "swish_prime", "activation"),
    "elu": lambda m: Pair(m, "elu", "elu_prime", "activation"),
    "softsign": lambda m: Pair(m, "softsign", "softsign_prime", "activation"),
    "softplus": lambda m: Pair(m, "softplus", "softplus_prime", "activation"),
    "huber": lambda m: Pair(m, "huber", "huber_gradient"),
    "binary": lambda m: Pair(m, "binary", "binary_gradient", binary=True),
    "cosine": lambda m: Pair(m, "cosine", "cosine_gradient"),
    "focal": lambda m: Pair(m, "focal", "focal_gradient", binary=True),
    "pairwise": lambda m: Pair(m, "pairwise", "pairwise_gradient"),
}
"""Subject of a program by name; the file is named beside it in FILES, else it has the name itself."""

FILES = {
    **dict.fromkeys(["BatchNorm", "LayerNorm"], "normalization"),
    **dict.fromkeys(["LoopConv", "ColumnConv", "MaxPool"], "convolution"),
    **dict.fromkeys(["RNN", "LSTM", "GRU"], "recurrent"),
    **dict.fromkeys(["Attention", "Embedding", "DropoutNet"], "attention"),
    **dict.fromkeys(
        ["swish", "elu", "softsign", "softplus", "huber", "binary", "cosine", "focal", "pairwise"], "functions"
    ),
}


def file_of(name: str) -> str:
    return f"{FILES.get(name, name)}.py"


def subject_of(name: str, folder: Path = PROGRAMS):
    """Return the subject of a program in a folder."""
    return MAKERS[name](load(folder / file_of(name)))
