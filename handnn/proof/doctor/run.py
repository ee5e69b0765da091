"""Training a case and asking the doctor."""

from __future__ import annotations

import functools
import warnings
from typing import Any

import numpy as np

from ... import data, layers, losses, utils
from ...callbacks import Doctor
from ...callbacks.health.finding import Finding
from ...models.sequential import Sequential
from ...specs import optimizer as optimizer_spec
from .cases import Case

VALIDATION = 0.2
TABLES = ("iris", "wine", "cancer", "diabetes")
WAVES, RARE = 600, 2000

Samples = tuple[np.ndarray, np.ndarray]


def examine(case: Case, seed: int = 0) -> list[Finding]:
    """Train the case and return the findings."""
    utils.set_random_seed(seed)
    x, y, regression = samples(case.data, case.factor, case.target_factor, seed)
    classes = 0 if regression else int(y.max()) + 1
    model = network(case, x.shape[1])
    if classes > 2 and case.labels == "one_hot":
        y = data.one_hot(y, classes)
    elif case.labels == "one_hot":
        y = y.reshape(-1, 1).astype("float32")
    count = int(len(x) * (1 - VALIDATION))
    doctor = Doctor(verbose=0)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the model itself warns of some of the faults
        model.fit(
            x[:count], y[:count], case.batch_size, case.epochs, verbose=0, callbacks=[doctor],
            validation_data=(x[count:], y[count:]),
        )  # fmt: skip
    return doctor.findings


def network(case: Case, inputs: int) -> Sequential:
    """Return the compiled network of a case."""
    stack: list[Any] = [layers.Input((inputs,))]
    for i, (kind, value) in enumerate(case.layers):
        if kind == "dropout":
            stack.append(layers.Dropout(value, name=f"dropout_{i}"))
        elif kind == "norm":
            stack.append(layers.BatchNormalization(name=f"norm_{i}"))
        elif kind == "activation":
            stack.append(layers.Activation(value, name=f"activation_{i}"))
        else:
            stack.append(layers.Dense(kind, value, name=f"dense_{i}", **_initializers(case)))
    model = Sequential(stack, name="case")
    loss = case.loss if isinstance(case.loss, str) else getattr(losses, case.loss[0])(**case.loss[1])
    model.compile(optimizer_spec.make(case.optimizer, None), loss)
    return model


def _initializers(case: Case) -> dict[str, Any]:
    found = {}
    for name, given in (("kernel", case.kernel), ("bias", case.bias)):
        if given is not None:
            found[f"{name}_initializer"] = {"class_name": given[0], "config": given[1]}
    return found


@functools.lru_cache(maxsize=64)
def samples(name: str, factor: float | str, target_factor: float, seed: int) -> tuple[np.ndarray, np.ndarray, bool]:
    """Return x (n, features), y (n,) labels or (n, 1) quantities, and whether it is a regression; shuffled."""
    rng = np.random.default_rng(seed)
    x, y, regression = _raw(name, rng)
    if factor != "raw":
        if name not in ("digits", "moons", "circles", "xor", "spiral", "rare", "waves"):
            x = (x - x.mean(axis=0)) / x.std(axis=0)
        x = x * factor
    if regression:
        y = ((y - y.mean()) / y.std() * target_factor).reshape(-1, 1)
        if name == "diabetes" and target_factor != 1:
            y = y - y.min() + 25  # as in its own unit: from 25 on
    order = rng.permutation(len(x))
    return x[order].astype("float32"), y[order].astype("float32" if regression else "int64"), regression


def _raw(name: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, bool]:
    if name == "waves":
        x = rng.uniform(-1, 1, (WAVES, 2))
        return x, np.sin(3 * x[:, 0]) + x[:, 1] ** 2 + 0.05 * rng.normal(size=WAVES), True
    if name == "rare":
        x = rng.normal(size=(RARE, 4))
        return x, (x[:, 0] + x[:, 1] > 2.9).astype(int), False
    if name in TABLES:
        from sklearn import datasets

        load = {"iris": "load_iris", "wine": "load_wine", "cancer": "load_breast_cancer", "diabetes": "load_diabetes"}
        x, y = getattr(datasets, load[name])(return_X_y=True)
        return x, y, name == "diabetes"
    found = data.load(name, dtype="float64")
    x, y = np.concatenate([found.x_train, found.x_validation]), np.concatenate([found.y_train, found.y_validation])
    return x, y, False
