"""Constructor options of attention layers, as in `layers.py`; shape: of a sample of the query."""

from typing import Any

from .layers import OPTIONS, Rng, Shape


def _weights(rng: Rng) -> dict[str, Any]:
    return {"dropout": float(rng.choice((0.0, 0.0, 0.3))), "seed": int(rng.integers(1, 10**6))}


def _attention(rng: Rng, shape: Shape) -> dict[str, Any] | None:
    if len(shape) != 2:
        return None
    mode = str(rng.choice(("dot", "dot", "concat")))
    return _weights(rng) | {"use_scale": bool(rng.random() < 0.5), "score_mode": mode}


def _additive(rng: Rng, shape: Shape) -> dict[str, Any] | None:
    return _weights(rng) | {"use_scale": bool(rng.random() < 0.7)} if len(shape) == 2 else None


def _multi_head(rng: Rng, shape: Shape) -> dict[str, Any] | None:
    if len(shape) < 2:
        return None
    drawn = _weights(rng) | {
        "num_heads": int(rng.integers(1, 4)),
        "key_dim": int(rng.integers(1, 4)),
        "value_dim": (None, int(rng.integers(1, 4)))[rng.integers(2)],
        "use_bias": bool(rng.random() < 0.8),
        "use_gate": bool(rng.random() < 0.3),
        "output_shape": (None, int(rng.integers(1, 5)))[int(rng.random() < 0.3)],
    }
    if len(shape) == 2 and rng.random() < 0.3:
        drawn["sliding_window"] = int(rng.integers(1, 4))
    if len(shape) > 2 and rng.random() < 0.6:
        drawn["attention_axes"] = (1, 2, -2, (1, 2), (2, 1))[rng.integers(5)]
    return drawn


OPTIONS |= {"Attention": _attention, "AdditiveAttention": _additive, "MultiHeadAttention": _multi_head}
