"""Constructor options to try of layers that read sequences; see `layers.py`."""

from typing import Any

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
