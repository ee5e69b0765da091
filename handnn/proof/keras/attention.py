"""Networks with an attention layer between others, to compare with Keras."""

from typing import Any, NamedTuple

import numpy as np

from ... import layers
from ...layers import Input
from ...layers.attention.base import Attending
from ...models.functional import Model

Rng = np.random.Generator
SEQUENCES = ((5, 4), (6, 3))
"""(rows, dim) of the query and of the value."""


class Case(NamedTuple):
    """A layer and a call of it.

    Attributes:
        shapes: of query, value and perhaps key, without the batch; one for self-attention.
        masks: shape of each mask, by the name of its argument; of a layer called on a list, 'query' and 'value'.
        call: further arguments of the call.
    """

    cls: Any
    options: dict[str, Any]
    shapes: tuple[tuple[int, ...], ...]
    masks: dict[str, tuple[int, ...]] = {}  # noqa: RUF012  never changed
    call: dict[str, Any] = {}  # noqa: RUF012

    def __str__(self) -> str:
        parts = [self.cls.__name__, *(f"{key}={value}" for key, value in (self.options | self.call).items())]
        return " ".join([*parts, *self.masks, f"of {len(self.shapes)}"])


ONE, SAME, TWO, WIDE = ((5, 4),), ((5, 4), (5, 3)), ((5, 4), (6, 4)), ((2, 3, 4), (2, 5, 4))
CAUSAL = {"use_causal_mask": True}
SCORES = {"return_attention_scores": True}
CASES: list[Case] = [
    Case(layers.Attention, {}, ONE),
    Case(layers.Attention, {"use_scale": True}, (*TWO, (6, 4))),
    Case(layers.Attention, {"score_mode": "concat"}, TWO, {"query": (5,), "value": (6,)}),
    Case(layers.Attention, {"score_mode": "concat", "use_scale": True, "dropout": 0.3}, TWO, {}, CAUSAL),
    Case(layers.Attention, {"dropout": 0.4}, TWO, {"value": (6,)}, CAUSAL),
    Case(layers.AdditiveAttention, {}, TWO, {"value": (6,)}),
    Case(layers.AdditiveAttention, {"use_scale": False, "dropout": 0.3}, (*TWO, (6, 4)), {}, CAUSAL),
    Case(layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3}, ONE),
    Case(layers.MultiHeadAttention, {"num_heads": 3, "key_dim": 2, "value_dim": 4, "output_shape": 7}, SEQUENCES),
    Case(layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "use_bias": False}, ONE, {}, CAUSAL),
    Case(layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "dropout": 0.4}, (*TWO, (6, 2)), {}, CAUSAL),
    Case(layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3}, TWO, {"attention_mask": (5, 6)}),
    Case(
        layers.MultiHeadAttention,
        {"num_heads": 2, "key_dim": 3, "dropout": 0.2, "kernel_regularizer": "l2", "bias_regularizer": "l1"},
        TWO,
        {"value_mask": (6,), "key_mask": (6,)},
    ),
    Case(layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "use_gate": True, "sliding_window": 2}, ONE),
    Case(layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "attention_axes": 2}, WIDE),
    Case(layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "attention_axes": 1}, ((3, 2, 4), (5, 2, 4))),
    Case(
        layers.MultiHeadAttention,
        {"num_heads": 2, "key_dim": 3, "attention_axes": (2, 1), "output_shape": (2, 3), "dropout": 0.3},
        WIDE,
    ),
    Case(layers.Attention, {"use_scale": True, "dropout": 0.3}, TWO, {"query": (5,), "value": (6,)}, SCORES),
    Case(layers.AdditiveAttention, {}, (*TWO, (6, 4)), {}, SCORES),
    Case(layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "dropout": 0.3}, SAME, {}, SCORES | CAUSAL),
    Case(layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3}, SAME, {"attention_mask": (5, 5)}, SCORES),
]
"""Every score, mask and option."""

WITHOUT_KERAS = [
    Case(layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "attention_axes": 2}, WIDE, {}, SCORES),
    Case(layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3}, TWO, {}, SCORES),
]
"""Scores whose symbolic shape Keras gets wrong, so that it cannot build a layer on them."""

ATTENDING = {name: cls for name, cls in layers.layers.items() if issubclass(cls, Attending)}
"""The attention layers by their names in the registry."""


def connected(layer: Any, parts: list[Any], masks: dict[str, Any], call: dict[str, Any]) -> Any:
    """Return what a call of the layer returns for query, value, and perhaps key; of one tensor, for itself."""
    parts = parts * 2 if len(parts) == 1 else parts
    if isinstance(layer, layers.MultiHeadAttention):
        return layer(*parts, **masks, **call)
    given = {"mask": [masks.get("query"), masks.get("value")]} if masks else {}
    return layer(parts, **given, **call)


def network(case: Case, dtype: str) -> Model:
    """Return a network: a Dense layer for each input, the attention layer, and a layer after each of its outputs."""
    inputs = [Input(shape, dtype=dtype, name=f"in_{k}") for k, shape in enumerate(case.shapes)]
    masks = {name: Input(shape, dtype="bool", name=name) for name, shape in case.masks.items()}
    parts = [
        layers.Dense(shape[-1], "tanh", dtype=dtype, name=f"branch_{k}")(x)
        for k, (x, shape) in enumerate(zip(inputs, case.shapes, strict=True))
    ]
    found = connected(case.cls(**case.options, dtype=dtype, name="attention"), parts, masks, case.call)
    found, names = (found, ("", "_of_scores")) if isinstance(found, tuple) else ((found,), ("",))
    flat = [layers.Flatten(dtype=dtype, name=f"flatten{own}")(a) for own, a in zip(names, found, strict=True)]
    tops = [layers.Dense(3, dtype=dtype, name=f"top{own}")(a) for own, a in zip(names, flat, strict=True)]
    top = tops[0] if len(tops) == 1 else layers.Add(dtype=dtype, name="add")(tops)
    given = [*inputs, *masks.values()]
    model = Model(given if len(given) > 1 else given[0], top, name="net")
    model.compile("sgd", "mse")
    return model


def batch(case: Case, rng: Rng, samples: int = 3) -> tuple[Any, Any]:
    """Return inputs for a case, in whose masks each query sees a key, and labels."""
    x: list[Any] = [rng.normal(size=(samples, *shape)) for shape in case.shapes]
    for shape in case.masks.values():
        mask = rng.random((samples, *shape)) < 0.6
        mask[..., 0] = True
        x.append(mask)
    return x if len(x) > 1 else x[0], rng.normal(size=(samples, 3))
