"""Constructor options to try of layers that read sequences; see `layers.py`."""

from typing import Any

from ... import layers
from .layers import OPTIONS, Options, Rng, Shape, maybe

OPTIONS |= {"Masking": lambda rng, shape: {"mask_value": maybe(rng, 0.0, 0.5)} if len(shape) > 1 else None}


def _recurrent(*more: str) -> Options:
    """SimpleRNN, LSTM and GRU; more: names of what only some of them have."""

    def draw(rng: Rng, shape: Shape) -> Any:
        if len(shape) != 2:
            return None
        drawn: dict[str, Any] = {
            "units": int(rng.integers(1, 5)),
            "activation": maybe(rng, "tanh", "relu", "sigmoid"),
            "use_bias": bool(rng.random() < 0.8),
            "kernel_regularizer": maybe(rng, None, "l2"),
            "recurrent_constraint": maybe(rng, None, "max_norm"),
            "return_sequences": bool(rng.random() < 0.5),
            "go_backwards": bool(rng.random() < 0.3),
            "unroll": bool(rng.random() < 0.3),
            "zero_output_for_mask": bool(rng.random() < 0.3),
            "dropout": float(rng.choice((0.0, 0.0, 0.3))),
            "recurrent_dropout": float(rng.choice((0.0, 0.0, 0.4))),
        }
        known = {
            "recurrent_activation": maybe(rng, "sigmoid", "hard_sigmoid"),
            "unit_forget_bias": bool(rng.random() < 0.5),
            "reset_after": bool(rng.random() < 0.5),
        }
        return drawn | {name: known[name] for name in more}

    return draw


OPTIONS |= {
    "SimpleRNN": _recurrent(),
    "LSTM": _recurrent("recurrent_activation", "unit_forget_bias"),
    "GRU": _recurrent("recurrent_activation", "reset_after"),
}


# ---- layers made of others: they take the dtype of the layers inside them ------------------------------------------


STACKED = "cells"


def _inside(cls: Any, name: str, dtype: str | None, *given: Any, **options: Any) -> layers.Layer:
    made: layers.Layer = cls(*given, **options, dtype=dtype, name=name)
    return made


def _cell(rng: Rng, name: str, dtype: str | None) -> layers.Layer:
    cls: Any = (layers.SimpleRNNCell, layers.LSTMCell, layers.GRUCell)[rng.integers(3)]
    return _inside(cls, name, dtype, int(rng.integers(1, 4)), dropout=float(rng.choice((0.0, 0.3))))


def _rnn(rng: Rng, shape: Shape, dtype: str | None = None) -> Any:
    """One cell, or several stacked."""
    if len(shape) != 2:
        return None
    cell = _cell(rng, "one", dtype)
    if rng.random() < 0.5:
        cell = _inside(layers.StackedRNNCells, STACKED, dtype, [cell, _cell(rng, "two", dtype)])
    flags = ("return_sequences", "go_backwards", "unroll", "zero_output_for_mask")
    return {"cell": cell} | {flag: bool(rng.random() < 0.4) for flag in flags}


def _bidirectional(rng: Rng, shape: Shape, dtype: str | None = None) -> Any:
    if len(shape) != 2:
        return None
    cls: Any = (layers.SimpleRNN, layers.LSTM, layers.GRU)[rng.integers(3)]
    drawn: dict[str, Any] = {"units": int(rng.integers(1, 4)), "return_sequences": bool(rng.random() < 0.5)}
    drawn |= {"dropout": float(rng.choice((0.0, 0.3)))}
    layer = _inside(cls, "own", dtype, **drawn)
    return {"layer": layer, "merge_mode": maybe(rng, "concat", "sum", "mul", "ave")}


def _time_distributed(rng: Rng, shape: Shape, dtype: str | None = None) -> Any:
    if len(shape) < 2:
        return None
    activation = maybe(rng, None, "tanh", "softmax")
    return {"layer": _inside(layers.Dense, "own", dtype, int(rng.integers(1, 4)), activation)}


OPTIONS |= {"RNN": _rnn, "Bidirectional": _bidirectional, "TimeDistributed": _time_distributed}
