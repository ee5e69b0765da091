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


def _cell(rng: Rng) -> layers.Layer:
    cls: Any = (layers.SimpleRNNCell, layers.LSTMCell, layers.GRUCell)[rng.integers(3)]
    found: layers.Layer = cls(int(rng.integers(1, 4)), dropout=float(rng.choice((0.0, 0.3))))
    return found


def _rnn(rng: Rng, shape: Shape) -> Any:
    """One cell, or several stacked."""
    if len(shape) != 2:
        return None
    cell: Any = _cell(rng) if rng.random() < 0.5 else layers.StackedRNNCells([_cell(rng), _cell(rng)])
    return {"cell": cell, "return_sequences": bool(rng.random() < 0.5), "go_backwards": bool(rng.random() < 0.3)}


def _bidirectional(rng: Rng, shape: Shape) -> Any:
    if len(shape) != 2:
        return None
    cls: Any = (layers.SimpleRNN, layers.LSTM, layers.GRU)[rng.integers(3)]
    layer = cls(int(rng.integers(1, 4)), return_sequences=bool(rng.random() < 0.5))
    return {"layer": layer, "merge_mode": maybe(rng, "concat", "sum", "mul", "ave")}


def _time_distributed(rng: Rng, shape: Shape) -> Any:
    if len(shape) < 2:
        return None
    return {"layer": layers.Dense(int(rng.integers(1, 4)), maybe(rng, None, "tanh", "softmax"))}


OPTIONS |= {"RNN": _rnn, "Bidirectional": _bidirectional, "TimeDistributed": _time_distributed}
