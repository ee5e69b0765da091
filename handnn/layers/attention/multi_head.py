"""MultiHeadAttention: several attentions side by side, each on its own projection. Vaswani et al. (2017)."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from ...activations.smooth import sigmoid
from ...core.trace import LayerTrace, gradient_name
from ...core.variable import Variable
from .. import rules as weight_rules
from ..base import layers, refuse
from ..keras_errors import ADDED
from ..keras_tensor import KerasTensor
from ..recurrent.cell import applied, sent_back
from . import call, heads
from .base import Attending
from .projection import Projection

HIDDEN = {True: -0.7 * 3.38953e38, False: -1.0e9}
"""Keras' score of a masked place, by whether it computes the whole attention in one call."""


@layers.register()
class MultiHeadAttention(Attending):
    """For every head n, with W_q (dim, heads, key_dim) and W_o (heads, value_dim, output):

        q = x_q W_q + b_q    k = x_k W_k + b_k    v = x_v W_v + b_v       (batch, rows, heads, size)
        s = q k^T / sqrt(key_dim)    w = softmax(s)    c = w v            (batch, heads, T, S), (..., T, value_dim)
        z = sum over heads of c W_o + b_o                                 (batch, T, output)

    Backward: dc = delta W_o^T, then of each head

        dw = dc v^T   dv = w^T dc   ds = w (dw - sum_j w dw)   dq = ds k / sqrt(key_dim)   dk = ds^T q / sqrt(key_dim)

    and dx_q = dq W_q^T, dx_k = dk W_k^T, dx_v = dv W_v^T: one array read as query, key and value gets all three.

    A place that is masked gets no weight and no derivative. As in Keras: if every key of a query is masked, the weights
    are equal, or 0 with dropout, with return_attention_scores, or for more than three axes; a `query_mask` that is
    given has no effect, unlike the mask that the query carries; 1 / sqrt(key_dim) is rounded to float32 in any dtype.
    docs/derivations/attention.md

    Args:
        num_heads, key_dim: number of heads, and their size for query and key.
        value_dim: their size for values; key_dim if it is left out.
        output_shape: sizes of the output's last axes; the query's last size if it is left out.
        attention_axes: the axes over which keys are averaged; all but batch and features if it is left out.
        sliding_window: a query sees keys at a distance less than this.
        use_gate: whether c is multiplied by sigmoid(x_q W_g + b_g).
        flash_attention: None or False; it is another way to compute the same.

    Raises:
        ValueError: an argument is not allowed, or the shapes do not fit.
    """

    shows_dropped = False
    arguments: ClassVar[dict[str, Any]] = {
        "query": ..., "value": ..., "key": None, "query_mask": None, "value_mask": None, "key_mask": None,
        "attention_mask": None, "return_attention_scores": False, "use_causal_mask": False,
    }  # fmt: skip
    formulas: ClassVar[dict[str, str]] = {
        "z": "softmax(q k.T / sqrt(d)) v, heads @ W + b",
        "dx": "dq W.T, dv W.T, dk W.T",
        "dquery_kernel": "x.T @ dq",
        "dkey_kernel": "x.T @ dk",
        "dvalue_kernel": "x.T @ dv",
        "dgate_kernel": "x.T @ dgate",
        "doutput_kernel": "context.T @ delta",
        "mask": "0 or 1/(1 - rate)",
    }

    inner: ClassVar[dict[str, str]] = {
        "query": "x @ W + b, head by head",
        "key": "x @ W + b, head by head",
        "value": "x @ W + b, head by head",
        "scores": "query . key / sqrt(d)",
        "weights": "exp(score) / sum of them",
        "context": "weights @ value",
    }

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        sliding_window: int | None = None,
        flash_attention: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(dropout, seed, **options)
        refuse("MultiHeadAttention", activity_regularizer=activity_regularizer, flash_attention=flash_attention or None)
        for name, value in {"num_heads": num_heads, "key_dim": key_dim, "value_dim": value_dim}.items():
            if (value is not None or name != "value_dim") and not _is_count(value):
                raise ValueError(f"argument `{name}` must be an integer >= 1; received {value!r}")
        if sliding_window is not None and not _is_count(sliding_window):
            raise ValueError(f"sliding_window must be None or an integer >= 1; received {sliding_window!r}")
        self.num_heads, self.key_dim, self.value_dim = num_heads, key_dim, value_dim or key_dim
        self.use_bias, self.use_gate, self.sliding_window = use_bias, use_gate, sliding_window
        self.given_output_shape = _sizes(output_shape)
        self.attention_axes: tuple[int, ...] | None = _axes(attention_axes)
        self.rules = weight_rules.read(weight_rules.of_arguments(locals(), "kernel", "bias"))
        self.factor = float(np.float32(self.key_dim**-0.5))
        self.projections: dict[str, Projection] = {}

    # ---- weights and shapes ---------------------------------------------------------------------------------------

    def build(  # type: ignore[override]
        self, query_shape: Any, value_shape: Any = None, key_shape: Any = None, path: str | None = None
    ) -> None:
        """Create the weights for inputs of these shapes, batch first.

        Raises:
            ValueError: value and key differ in another size than the last, or a size is not known.
        """
        shapes = [tuple(shape) for shape in (query_shape, value_shape or query_shape, key_shape) if shape is not None]
        self.compute_output_shape(*shapes)
        query, value, key = (*shapes, shapes[1]) if len(shapes) < 3 else shapes
        if None in (query[-1], value[-1], key[-1]):
            raise ValueError(f"{self.name} needs to know the last size of its inputs; received {shapes}")
        rank = len(query)
        if self.attention_axes is None:
            self.attention_axes = tuple(range(1, rank - 1))
        self.attention_axes = tuple(axis if axis >= 0 else rank + axis for axis in self.attention_axes)
        if not set(self.attention_axes) <= set(range(1, rank - 1)):
            raise ValueError(f"attention_axes must lie in 1 ... {rank - 2}; received {self.attention_axes}")
        self.input_shape = shapes
        self._make_projections(f"{path}/{self.name}" if path else self.name, query[-1], value[-1], key[-1])

    def _make_projections(self, path: str, query: int, value: int, key: int) -> None:
        made: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
            "query": ((query,), (self.num_heads, self.key_dim)),
            "key": ((key,), (self.num_heads, self.key_dim)),
            "gate": ((query,), (self.num_heads, self.value_dim)),
            "value": ((value,), (self.num_heads, self.value_dim)),
            "attention_output": ((self.num_heads, self.value_dim), self.given_output_shape or (query,)),
        }
        if not self.use_gate:
            del made["gate"]
        rules = self.rules if self.use_bias else {"kernel": self.rules["kernel"]}
        self.weights = []
        self.projections = {name: Projection(self, path, name, *sizes, rules) for name, sizes in made.items()}

    def build_for(self, given: dict[str, Any], shapes: list[Any]) -> None:
        self.build(*self._shapes(given, shapes))

    def shape_of_call(self, given: dict[str, Any], shapes: list[Any]) -> Any:
        return self.compute_output_shape(*self._shapes(given, shapes))

    @staticmethod
    def _shapes(given: dict[str, Any], shapes: list[Any]) -> list[Any]:
        """Return the shapes of query, value and key, if it is given."""
        parts = [given.get(name) for name in ("query", "value", "key")]
        return [shapes[part.number] for part in parts if isinstance(part, call.Part)]

    def compute_output_shape(self, query_shape: Any, value_shape: Any = None, key_shape: Any = None) -> Any:
        """Return the output's shape for inputs of these shapes, batch first.

        Raises:
            ValueError: value and key differ in another size than the last, or the query has other axes.
        """
        query, value = tuple(query_shape), tuple(value_shape or query_shape)
        key = value if key_shape is None else tuple(key_shape)
        if value[1:-1] != key[1:-1]:
            raise ValueError(
                "All dimensions of `value` and `key`, except the last one, must be equal. "
                f"Received: value_shape={value} and key_shape={key}"
            )
        if len(query) != len(value) or len(query) < 3:
            raise ValueError(f"{self.name} needs inputs (batch, rows, dim) of as many axes; received {query}, {value}")
        return (*query[:-1], *self.given_output_shape) if self.given_output_shape else query

    def get_build_config(self) -> dict[str, Any]:
        names = ("query_shape", "value_shape", "key_shape")
        return {"shapes_dict": dict(zip(names, self.input_shape, strict=False))}

    def stored_parts(self) -> list[tuple[str, list[Variable]]]:
        """Return the parts of the layer under which Keras stores weights, and these."""
        return [("", [])] + [
            (f"{name.removeprefix('attention_')}_dense", own.weights) for name, own in self.projections.items()
        ]

    query_dense = property(lambda self: self.projections["query"])
    key_dense = property(lambda self: self.projections["key"])
    value_dense = property(lambda self: self.projections["value"])
    output_dense = property(lambda self: self.projections["attention_output"])

    # ---- the passes -------------------------------------------------------------------------------------------------

    def forward(self, t: LayerTrace) -> None:
        given, own = self.given(t), self.projections
        axes = self.attention_axes or ()
        x_q, x_v = given["query"], given["value"]
        x_k = x_v if given.get("key") is None else given["key"]
        projected = own["query"].forward(x_q)
        q, k, v = (
            heads.as_rows(part, axes) for part in (projected, own["key"].forward(x_k), own["value"].forward(x_v))
        )
        t.cache |= {"query": q, "key": k, "value": v}
        context = heads.from_rows(self.context(t, q, k, v, self._seen(t, given)), projected.shape, axes)
        if self.use_gate:
            z_gate = own["gate"].forward(x_q)
            gate = applied(sigmoid, z_gate)
            t.cache |= {"ungated": context, "z_gate": z_gate, "gate": gate}
            context = context * gate
        t.cache["context"] = context
        t.z = self.returned(t, own["attention_output"].forward(context))

    def backward(self, t: LayerTrace) -> None:
        given, own, cache = self.given(t), self.projections, t.cache
        axes = self.attention_axes or ()
        x_q, x_v = given["query"], given["value"]
        x_k = x_v if given.get("key") is None else given["key"]
        dcontext, gradients = own["attention_output"].backward(cache["context"], self.arriving(t))
        cache["delta_context"] = dcontext
        if self.use_gate:
            dgate = sent_back(sigmoid, dcontext * cache["ungated"], cache["z_gate"], cache["gate"])
            dcontext = dcontext * cache["gate"]
        q, k, v = (cache[name] for name in ("query", "key", "value"))
        dq, dk, dv, _ = self.context_back(t, heads.as_rows(dcontext, axes), q, k, v, self._seen(t, given))
        cache |= {"delta_query": dq, "delta_key": dk}
        dx = {}
        for name, x, rows in (("query", x_q, dq), ("key", x_k, dk), ("value", x_v, dv)):
            shape = (*x.shape[:-1], self.num_heads, 1)
            dx[name], found = own[name].backward(x, heads.from_rows(rows, shape, axes))
            gradients |= found
        if self.use_gate:
            from_gate, found = own["gate"].backward(x_q, dgate)
            dx["query"], gradients = dx["query"] + from_gate, gradients | found
        if given.get("key") is None:
            dx["value"] = dx["value"] + dx.pop("key")
        self.store(t, gradients)
        places = {part.number: name for name, part in self.options(t).items() if isinstance(part, call.Part)}
        t.dx = tuple(dx.get(places.get(k, "")) for k in range(len(t.x)))

    def score(self, t: LayerTrace, q: Any, k: Any) -> Any:
        return np.matmul(q * self.factor, np.swapaxes(k, -1, -2))

    def score_back(self, t: LayerTrace, ds: Any, q: Any, k: Any) -> tuple[Any, Any, dict[str, Any]]:
        return np.matmul(ds, k) * self.factor, np.matmul(np.swapaxes(ds, -1, -2), q * self.factor), {}

    def hidden(self, t: LayerTrace, scores: Any, seen: Any) -> Any:
        return np.where(seen, scores, scores.dtype.type(HIDDEN[self._in_one_call(self.given(t))]))

    def without_weight(self, t: LayerTrace, seen: Any) -> Any:
        return None if self._in_one_call(self.given(t)) else seen

    def without_slope(self, seen: Any) -> Any:
        return seen

    def keras_wrong(self, t: LayerTrace) -> dict[str, str]:
        """With a bias in the wrong place, Keras computes another output, and so all other gradients."""
        given = self.given(t)
        context = np.empty((*given["query"].shape[:-1], self.num_heads, self.value_dim))
        read = {"query": given["query"], "gate": given["query"], "key": given.get("key"), "value": given["value"]}
        read["key"] = read["value"] if read["key"] is None else read["key"]
        read["attention_output"] = context
        if not any(own.keras_misplaces_bias(read[name]) for name, own in self.projections.items()):
            return {}
        gradients = [gradient_name(weight.name) for weight in self.weights]
        return dict.fromkeys(("z", "dx", *gradients, *(f"dx[{k}]" for k in range(len(t.x)))), ADDED)

    def _in_one_call(self, given: dict[str, Any]) -> bool:
        """Return whether Keras computes the attention in one call, in which a query that sees no key averages all."""
        return given["query"].ndim == 3 and not given.get("return_attention_scores") and not self.dropout

    def _seen(self, t: LayerTrace, given: dict[str, Any]) -> Any:
        """Return which keys each query sees."""
        axes = self.attention_axes or ()
        q, v = given["query"], given["value"]
        sizes = [[x.shape[axis] for axis in axes] for x in (q, v)]
        return heads.seen_keys(given, sizes[0], sizes[1], q.ndim - len(axes), self.sliding_window)

    def with_masks(self, given: dict[str, Any], options: dict[str, Any], handed_on: Any) -> dict[str, Any]:
        found = dict(given)
        for name in ("query", "value", "key"):
            part = options.get(name)
            own = handed_on[part.number] if isinstance(part, call.Part) else None
            if own is not None and (name == "query" or given.get(f"{name}_mask") is None):
                found["handed_on" if name == "query" else f"{name}_mask"] = own
        return found

    def is_masked(self, options: dict[str, Any], sources: list[KerasTensor]) -> bool:
        return sources[options["query"].number].masked

    def query_mask(self, t: LayerTrace) -> Any:
        return self.given(t).get("handed_on")

    def on_each(self, parts: Sequence[Any]) -> Any:
        return self(*parts)

    def options(self, t: LayerTrace) -> dict[str, Any]:
        return t.options or dict(zip(self.arguments, map(call.Part, range(len(t.x))), strict=False))

    def weights_shape(self, options: dict[str, Any], shapes: list[Any]) -> tuple[Any, ...]:
        q, v = (shapes[options[name].number] for name in ("query", "value"))
        axes = self.attention_axes or ()
        free = [q[axis] for axis in range(1, len(q) - 1) if axis not in axes]
        return (q[0], *free, self.num_heads, *(q[a] for a in axes), *(v[a] for a in axes))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "value_dim": self.value_dim,
            "dropout": self.dropout,
            "use_bias": self.use_bias,
            "use_gate": self.use_gate,
            "output_shape": self.given_output_shape,
            "attention_axes": self.attention_axes,
            "sliding_window": self.sliding_window,
            **weight_rules.config(self.rules),
            "activity_regularizer": None,
            "seed": self.seed,
        }


def _is_count(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(value > 0)


def _sizes(output_shape: Any) -> tuple[int, ...] | None:
    """Return output_shape as a tuple, None if it is left out; raise ValueError for anything but sizes."""
    if not output_shape:
        return None
    found = (output_shape,) if _is_count(output_shape) else output_shape
    if not isinstance(found, list | tuple) or not all(map(_is_count, found)):
        raise ValueError(f"Invalid `output_shape`: {output_shape}. It must be an integer >= 1, or a list of such")
    return tuple(found)


def _axes(attention_axes: Any) -> tuple[int, ...] | None:
    if attention_axes is None:
        return None
    found = (attention_axes,) if isinstance(attention_axes, int) else attention_axes
    if not isinstance(found, list | tuple) or not all(isinstance(axis, int) for axis in found) or not found:
        raise ValueError(f"`attention_axes` must be an int, list, or tuple; received {attention_axes!r}")
    return tuple(found)
