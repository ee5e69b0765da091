"""Metrics: streams of batches, with and without weights."""

from typing import Any

import numpy as np

from ... import metrics
from ...core.naming import snake_case
from ..keras import metric_cases
from ..keras import metrics as keras_metrics
from .row import DTYPES, Line

HOW = """The result after each of three batches, with weights and without, with ties and exact hits; counts bit for bit.
Where there is no number in float64, Keras' result is of float32 in either dtype."""
EXACT = "counts, and one division of them: bit for bit"


def measure(tf: Any, keras: Any, cls: Any, line: Line) -> None:
    for dtype in DTYPES:
        rng = np.random.default_rng(2024)
        if cls in (metrics.Mean, metrics.Sum):
            for shapes in keras_metrics.SHAPES.values():
                keras_metrics.hold_values(line.agree, *_pair(keras, cls, {"dtype": dtype}), shapes, dtype, rng)
        elif cls is metrics.R2Score:
            for kind in ("none", "row", "column"):
                pair = _pair(keras, cls, {"dtype": dtype})
                keras_metrics.hold_r2(line.agree, *pair, keras_metrics.r2_batches(rng, kind))
        elif cls is metrics.MeanMetricWrapper:
            _wrapper(keras, dtype, rng, line)
        else:
            _streams(keras, cls, dtype, rng, line)
    if cls is metrics.Sum:
        line.remarks.append("Keras' float32 sum of ones stops at 2^24")
    elif cls is metrics.R2Score:
        line.remarks.append("Keras subtracts float32 sums of squares, and loses its digits far from 0")
    elif cls is metrics.MeanMetricWrapper:
        line.remarks.append("around `mean_squared_error`")
    elif issubclass(cls, metrics.confusion.ConfusionMetric) and not issubclass(cls, metrics.AUC):
        line.remarks.append(EXACT)


def _pair(keras: Any, cls: Any, options: dict[str, Any]) -> tuple[Any, Any]:
    return cls(**options), getattr(keras.metrics, cls.__name__)(**options)


def _streams(keras: Any, cls: Any, dtype: str, rng: Any, line: Line) -> None:
    name = next(name for name, entry in metrics.metrics.items() if entry is cls)
    whole = issubclass(cls, metrics.IoU)
    data = "float32" if "top_k_categorical" in snake_case(cls.__name__) else dtype
    for options in metric_cases.OPTIONS.get(name, [{}]):
        for kind in ("none", "row"):
            ours, theirs = _pair(keras, cls, options if whole else options | {"dtype": dtype})
            batches = metric_cases.stream(ours, rng, kind, dtype=data)
            if whole and kind == "row":  # whole numbers, or Keras cuts them
                batches = [(y, p, np.floor(w).astype(ours.dtype)) for y, p, w in batches]
            keras_metrics.hold_stream(line.agree, ours, theirs, batches)


def _wrapper(keras: Any, dtype: str, rng: Any, line: Line) -> None:
    ours = metrics.MeanMetricWrapper(metrics.mean_squared_error, name="mean_metric_wrapper", dtype=dtype)
    theirs = keras.metrics.MeanMetricWrapper(keras.losses.mean_squared_error, dtype=dtype)
    known = metrics.MeanSquaredError(dtype=dtype)
    batches = metric_cases.stream(known, rng, "row", dtype=dtype)
    for i, batch in enumerate(batches):
        ours.update_state(*batch)
        theirs.update_state(*batch)
        expected = np.asarray(theirs.result())
        bound = keras_metrics.bounded_mean(known, batches[: i + 1])
        line.agree("mean_metric_wrapper", np.asarray(ours.result()).astype(expected.dtype), expected, bound)
