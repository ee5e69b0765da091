"""Losses: every option, reduction and weight, critical points, and mpmath."""

import inspect
from typing import Any

import numpy as np

from ...losses import REDUCTIONS
from ...losses import losses as registry
from .. import mpmath_activations, mpmath_losses
from ..cases import loss_regions
from ..cases import losses as loss_cases
from ..keras import losses as keras_losses
from .row import DTYPES, Line, Units

HOW = """Value and gradient with every option, every reduction, with weights and without, at random and at kinks, clips,
saturated and tiny predictions. Units: of the values, at ordinary points and where digits are scarce."""
ROWS, CLASSES, BATCHES = 9, 4, 5


def measure(tf: Any, keras: Any, cls: Any, line: Line) -> None:
    for dtype in DTYPES:
        rng = np.random.default_rng(2024)
        with np.errstate(all="ignore"):
            for options in loss_cases.variants(cls):
                _hold(tf, keras, cls, {**options, "dtype": dtype}, rng, line)
            if line.wants_units:
                line.units[dtype] = _units(tf, keras, cls, dtype, rng)
    line.kinks = loss_cases.KINKS.get(_name(cls), "")
    if hasattr(cls, "keras_bias"):
        about = " ".join((inspect.getdoc(cls.keras_bias) or "").split())
        line.remarks.append(
            f"{about.removeprefix('Return how far ').rstrip('.')}: {cls(dtype='float64').keras_bias():.1e}"
        )


def _name(cls: Any) -> str:
    return next(name for name, entry in registry.items() if entry is cls)


def _hold(tf: Any, keras: Any, cls: Any, options: dict[str, Any], rng: Any, line: Line) -> None:
    loss = cls(**options)
    keras_losses.hold(line.agree, tf, keras_losses.twin(keras, loss), loss, *loss_cases.delicate(loss))
    for reduction in REDUCTIONS:
        loss = cls(**options, reduction=reduction)
        weights = (None, np.append(rng.uniform(0.1, 3, ROWS - 1), 0).astype(loss.dtype))
        for weight in weights:
            batch = loss_cases.batch(loss, (ROWS, CLASSES), rng)
            keras_losses.hold(line.agree, tf, keras_losses.twin(keras, loss), loss, *batch, weight)


def _units(tf: Any, keras: Any, cls: Any, dtype: str, rng: Any) -> tuple[Units, Units]:
    name, found = _name(cls), (Units(), Units())
    regions: list[tuple[str, dict[str, Any], Any, Any]] = [
        (f"'{region.what}'", region.options, region.y_true, region.y_pred)
        for region in loss_regions.REGIONS
        if region.name == name
    ]
    for options in loss_cases.variants(cls):
        if not {"label_smoothing", "ignore_class"} & set(options):  # they change the labels, not the loss
            loss = cls(dtype=dtype, **options)
            regions += [("ordinary points", options, *loss_regions.batch(loss, rng)) for _ in range(BATCHES)]
    for what, options, y_true, y_pred in regions:
        loss = cls(reduction="none", dtype=dtype, **options)
        y = y_true if y_true.dtype.kind == "i" else y_true.astype(dtype)
        p = y_pred.astype(dtype)
        exact = mpmath_losses.values(loss, name, y, p)
        theirs, _ = keras_losses.value_and_gradient(tf, keras_losses.twin(keras, loss), y, p, None)
        chosen = ", ".join(f"{k}={v}" for k, v in options.items() if v not in (False, None))
        for side, values in zip(found, (loss.values(y, p), theirs), strict=True):
            off = mpmath_activations.units_off(np.ravel(values), exact)
            side.add(off, [f"at {what}" + f" ({chosen})" * bool(chosen)] * len(off))
    return found
