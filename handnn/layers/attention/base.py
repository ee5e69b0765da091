"""What attention layers share: masked weights, dropout on them, the weighted average, and its derivative.

    scores   s = how well query i fits key j, (..., T, S)         masked places far below all others
    weights  w_ij = exp(s_ij) / sum_j exp(s_ij)                   softmax over the S keys
    context  c_i = sum_j w_ij v_j

Backward, with dc = dL/dcontext:

    dw = dc v^T        dv = w^T dc        ds_ij = w_ij (dw_ij - sum_j w_ij dw_ij)

and from ds the layer's own score gives dq and dk. With return_attention_scores the call returns c and w, side by side
in z (recurrent/outputs.py); then dw = dc v^T + dL/dw, what arrives at w itself. docs/derivations/attention.md
"""

import math
from typing import Any, ClassVar

import numpy as np

from ...activations.rows import softmax
from ...core import masks
from ...core.trace import LayerTrace
from ...core.variable import Array, as_array
from ...utils import new_seed
from ..base import Layer
from ..keras_tensor import KerasTensor
from ..recurrent import outputs
from ..recurrent.cell import applied, sent_back
from . import call
from .blocks import in_blocks


class Attending(Layer):
    """Base class: t.x holds the tensors of the call, t.options says which is which.

    Everything that forward computes is in `t.cache` by name: query, key, value, scores, weights, context; backward adds
    delta_scores, delta_weights, delta_query, .... `trace["layer"].attention` shows them.

    Args:
        dropout: probability with which a weight is set to 0 in training; the others are divided by 1 - dropout.
        seed: makes the draws repeatable.

    Raises:
        ValueError: dropout is not in [0, 1), or seed is neither None nor an integer >= 0.
    """

    merges = True
    uses_cache = True
    supports_masking = True
    shows_dropped: ClassVar[bool] = True
    """Whether return_attention_scores returns the weights after dropout."""
    arguments: ClassVar[dict[str, Any]]
    """Arguments of a call and their defaults, `...` where there is none."""

    inner: ClassVar[dict[str, str]] = {"scores": "score of query and key", "weights": "exp(score) / sum of them"}
    """What a walkthrough shows before z: names in the cache, with their formulas."""

    def __init__(self, dropout: float, seed: int | None, **options: Any) -> None:
        super().__init__(**options)
        if isinstance(dropout, bool) or not isinstance(dropout, int | float) or not 0 <= dropout < 1:
            raise ValueError(f"dropout must be a number in [0, 1); received {dropout!r}")
        if seed is not None and (not isinstance(seed, int | np.integer) or seed < 0):
            raise ValueError(f"seed must be None or an integer >= 0; received {seed!r}")
        self.dropout, self.seed = dropout, seed
        if dropout:
            self.generator = np.random.default_rng(new_seed() if seed is None else seed)

    # ---- the call -----------------------------------------------------------------------------------------------

    def checked(self, given: dict[str, Any]) -> None:
        """Raise TypeError or ValueError if the arguments of a call do not fit."""

    def build_for(self, given: dict[str, Any], shapes: list[Any]) -> None:
        """Create the weights for tensors of these shapes."""
        raise NotImplementedError

    def shape_of_call(self, given: dict[str, Any], shapes: list[Any]) -> Any:
        """Return the output's shape for tensors of these shapes."""
        raise NotImplementedError

    def shapes_of_call(self, given: dict[str, Any], shapes: list[Any]) -> Any:
        """Return the output's shape; with return_attention_scores a list with that of the weights."""
        found = self.shape_of_call(given, shapes)
        return [found, self.weights_shape(given, shapes)] if self.count_outputs(given) > 1 else found

    def count_outputs(self, options: dict[str, Any]) -> int:
        return 2 if options.get("return_attention_scores") else 1

    def __call__(self, *args: Any, training: Any = False, **kwargs: Any) -> Any:
        """Return the attention's output for arrays or `KerasTensor`s; with return_attention_scores also the weights.

        Raises:
            TypeError: an argument is missing or unknown, or arrays and `KerasTensor`s are mixed.
            ValueError: shapes do not fit.
        """
        self.checked(call.bound(self.name, self.arguments, args, kwargs))
        if call.is_symbolic((args, kwargs)):
            return self._connected((args, kwargs))
        is_tensor = lambda own: own is not None and not isinstance(own, bool | int | str)  # noqa: E731
        t = LayerTrace(self.name)
        parts, options = self._taken_apart((args, kwargs), is_tensor)
        t.x, t.options, t.training = tuple(self.cast(as_array(part)) for part in parts), options, bool(training)
        self.receive_masks(t, [masks.mask_of(part) for part in parts])
        if not self.built:
            self.build_for(options, [(None, *part.shape[1:]) for part in t.x])
        self.shape_of_call(options, [part.shape for part in t.x])  # raises where they do not fit
        a = self._run(t)
        if not options.get("return_attention_scores"):
            return a
        context, weights = outputs.parts(t, np.asarray(a))
        return masks.with_mask(context, t.output_mask), weights

    def _connected(self, given: call.Given) -> Any:
        sources, options = self._taken_apart(given, lambda own: isinstance(own, KerasTensor))
        for own in call.flattened(options):
            if own is not None and not isinstance(own, bool | call.Part):
                received = type(own).__name__
                raise TypeError(
                    f"{self.name} must be called on KerasTensors only, or on arrays only; received {received}"
                )
        shapes = [source.shape for source in sources]
        if not self.built:
            self.build_for(options, shapes)
        found = KerasTensor(self.shape_of_call(options, shapes), self.dtype, self, sources, call=len(self.calls))
        found.arguments, found.options = given, options
        found.masked = self.is_masked(options, sources)
        self.creates_mask = self.creates_mask or (found.masked and not any(source.masked for source in sources))
        self.calls.append(found)
        self.tensor = found if self.tensor is None else self.tensor
        if not options.get("return_attention_scores"):
            return found
        return tuple(outputs.siblings(found, self.shapes_of_call(options, shapes)))

    def _taken_apart(self, given: call.Given, is_tensor: Any) -> tuple[list[Any], dict[str, Any]]:
        """Return the tensors of a call, and its arguments with a `Part` in the place of each."""
        tensors, (args, kwargs) = call.taken_apart(given, is_tensor)
        return tensors, call.bound(self.name, self.arguments, args, kwargs)

    def cast(self, x: Array) -> Array:
        """Return x in the layer's dtype; masks, which are no floats, as they are."""
        return x if x.dtype.kind in "b" else super().cast(x)

    def options(self, t: LayerTrace) -> dict[str, Any]:
        """Return {argument: `Part` or value} of this pass; without a call, the tensors are the first arguments."""
        raise NotImplementedError

    def given(self, t: LayerTrace) -> dict[str, Any]:
        """Return {argument: tensor or value} of this pass, with the masks that the layers below handed on."""
        found: dict[str, Any] = call.put_together(self.options(t), t.x)
        return found if t.input_mask is None else self.with_masks(found, self.options(t), t.input_mask)

    def with_masks(self, given: dict[str, Any], options: dict[str, Any], handed_on: Any) -> dict[str, Any]:
        """Return the arguments with the masks of the tensors, where no others are given."""
        raise NotImplementedError

    def is_masked(self, options: dict[str, Any], sources: list[KerasTensor]) -> bool:
        """Return whether the output of a call may have a mask: if the query has one."""
        raise NotImplementedError

    def query_mask(self, t: LayerTrace) -> Any:
        """Return the mask of the query, which the output keeps; None without one."""
        raise NotImplementedError

    def hand_on_mask(self, t: LayerTrace) -> None:
        t.output_mask = self.query_mask(t)

    # ---- weights and their average --------------------------------------------------------------------------------

    def weights_shape(self, options: dict[str, Any], shapes: list[Any]) -> tuple[Any, ...]:
        """Return the shape of the weights for tensors of these shapes."""
        raise NotImplementedError

    def drawn_for(self, t: LayerTrace) -> tuple[int, ...]:
        """Return the shape of the weights, in which dropout draws."""
        return self.weights_shape(self.options(t), [part.shape for part in t.x])

    @property
    def rate(self) -> float:
        return self.dropout

    def draw(self, shape: tuple[int, ...]) -> Array:
        """Draw 0 with probability `dropout`, otherwise 1 / (1 - dropout)."""
        kept = self.generator.random(shape) >= self.dropout
        return kept * np.asarray(1 / (1 - self.dropout), self.dtype)

    def drawn_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape

    def randomize(self, t: LayerTrace, mask: Array | None = None) -> None:
        if mask is not None:
            t.mask = as_array(mask).astype(self.dtype, copy=False)
        else:
            t.mask = self.draw(self.drawn_for(t)) if t.training and self.dropout else None

    def score(self, t: LayerTrace, q: Any, k: Any) -> Any:
        """Return s of every query and key, (..., T, S)."""
        raise NotImplementedError

    def score_back(self, t: LayerTrace, ds: Any, q: Any, k: Any) -> tuple[Any, Any, dict[str, Any]]:
        """Return dq, dk and, for each of the score's weights, the terms of which its gradient is the sum."""
        raise NotImplementedError

    def hidden(self, t: LayerTrace, scores: Any, seen: Any) -> Any:
        """Return the scores, far below all others where `seen` is False."""
        raise NotImplementedError

    def without_weight(self, t: LayerTrace, seen: Any) -> Any:
        """Return where weights are 0 whatever the scores (False), or None."""
        return None

    def without_slope(self, seen: Any) -> Any:
        """Return where scores have no derivative (False), or None."""
        return None

    def context(self, t: LayerTrace, q: Any, k: Any, v: Any, seen: Any) -> Any:
        """Return c, (..., T, dim)."""
        return in_blocks(self._context, t, self._large(t, q, k), q, k, v, seen)

    def context_back(self, t: LayerTrace, dc: Any, q: Any, k: Any, v: Any, seen: Any) -> tuple[Any, Any, Any, Any]:
        """Return dq, dk, dv and the terms of the gradients of the score's weights."""
        found: tuple[Any, Any, Any, Any]
        found = in_blocks(self._context_back, t, self._large(t, q, k), dc, q, k, v, seen)
        return found

    def _context(self, t: LayerTrace, q: Any, k: Any, v: Any, seen: Any) -> Any:
        scores = self.score(t, q, k)
        if seen is not None:
            scores = self.hidden(t, scores, seen)
        return self.attend(t, scores, v, self.without_weight(t, seen))

    def _context_back(self, t: LayerTrace, dc: Any, q: Any, k: Any, v: Any, seen: Any) -> tuple[Any, Any, Any, Any]:
        if "weights" not in t.cache:
            self._context(t, q, k, v, seen)
        ds, dv = self.attend_back(t, dc, self.without_slope(seen))
        dq, dk, terms = self.score_back(t, ds, q, k)
        return dq, dk, dv, terms

    def _large(self, t: LayerTrace, q: Any, k: Any) -> int:
        """Return the elements of a sample's weights if blocks need not keep them: of error bounds; otherwise 0."""
        if isinstance(q, np.ndarray) or self.count_outputs(self.options(t)) > 1:
            return 0
        return self.pairs(q, k)

    @staticmethod
    def pairs(q: Any, k: Any) -> int:
        """Return the number of queries and keys of a sample that meet."""
        return math.prod(q.shape[1:-1]) * int(k.shape[-2])

    def attend(self, t: LayerTrace, scores: Any, value: Any, zeroed: Any = None) -> Any:
        """Return c = w v, with w = softmax(scores), and dropout on it; w is 0 where `zeroed` is False."""
        weights = applied(softmax, scores)
        if zeroed is not None:
            weights = np.where(zeroed, weights, weights.dtype.type(0))
        dropped = weights if t.mask is None else weights * t.mask.reshape(weights.shape)
        t.cache |= {"scores": scores, "weights": weights, "dropped": dropped, "value": value}
        return np.matmul(dropped, value)

    def returned(self, t: LayerTrace, z: Any) -> Any:
        """Return z; with return_attention_scores z and the weights, side by side."""
        if self.count_outputs(self.options(t)) == 1:
            return z
        return outputs.packed(t, [z, self.shown_weights(t)])

    def arriving(self, t: LayerTrace) -> Any:
        """Return dL/dz; with return_attention_scores also write dL/dw of the returned weights into the cache."""
        if self.count_outputs(self.options(t)) == 1:
            t.cache.pop("arriving", None)
            return t.delta
        delta, at_weights = outputs.parts(t, t.delta)
        t.cache["arriving"] = at_weights.reshape(t.cache["weights"].shape)
        return delta

    def attend_back(self, t: LayerTrace, delta: Any, seen: Any = None) -> tuple[Any, Any]:
        """Return ds and dv from dL/dc; ds is 0 where `seen` is False."""
        s, w, dropped, v = (t.cache[name] for name in ("scores", "weights", "dropped", "value"))
        dw, dv = np.matmul(delta, np.swapaxes(v, -1, -2)), np.matmul(np.swapaxes(dropped, -1, -2), delta)
        at_weights = t.cache.get("arriving")
        if at_weights is not None and self.shows_dropped:
            dw = dw + at_weights
        if t.mask is not None:
            dw = dw * t.mask.reshape(dw.shape)
        if at_weights is not None and not self.shows_dropped:
            dw = dw + at_weights
        ds = sent_back(softmax, dw, s, w)
        if seen is not None:
            ds = np.where(seen, ds, ds.dtype.type(0))
        t.cache |= {"delta_weights": dw, "delta_scores": ds, "delta_value": dv}
        return ds, dv

    def shown_weights(self, t: LayerTrace) -> Any:
        """Return the weights that Keras returns: with dropout on them, or without."""
        return t.cache["dropped" if self.shows_dropped else "weights"].reshape(self.drawn_for(t))

    def store(self, t: LayerTrace, gradients: dict[str, Any]) -> None:
        """Write t.gradients in the weights' order."""
        for weight in self.weights:
            place = t.gradients.get(weight.name)
            if isinstance(place, np.ndarray) and isinstance(gradients[weight.name], np.ndarray | np.generic):
                place[...] = gradients[weight.name]  # where the optimizer reads it
            else:
                t.gradients[weight.name] = gradients[weight.name]


def as_bool(mask: Any) -> Any:
    """Return a mask as booleans: True where a place takes part."""
    return getattr(mask, "value", mask).astype(bool)


def causal(queries: int, keys: int) -> Array:
    """Return (1, T, S): query i sees keys 0 ... i."""
    return np.tril(np.ones((1, queries, keys), bool))
