"""Attention by dot products: Luong et al. (2015)."""

from typing import Any, ClassVar

import numpy as np

from ...core.trace import LayerTrace
from ...core.variable import Variable
from .. import rules
from ..base import alongside, layers
from ..keras_tensor import KerasTensor
from . import call
from .base import Attending, as_bool, causal
from .blocks import in_blocks, terms_of_sums

FAR = 1.0e9
"""What Keras subtracts from a masked score."""


class OnLists(Attending):
    """Base class of layers that are called on [query, value] or [query, value, key]; key is value if it is left out.

        scores (batch, T, S)      context = z (batch, T, dim)
        masks: mask=[query_mask, value_mask]; z is 0 where query_mask is False, and keys where value_mask is False, or
        that come after the query with use_causal_mask, get the score s - 1e9, so their weight is 0

    A score that is lowered by 1e9 still has its derivative, as in Keras: where every key of a query is masked, the
    weights are almost equal, and they train.
    """

    arguments: ClassVar[dict[str, Any]] = {
        "inputs": ..., "mask": None, "return_attention_scores": False, "use_causal_mask": False,
    }  # fmt: skip
    formulas: ClassVar[dict[str, str]] = {"z": "softmax(scores) value", "dx": "dq, dv, dk", "mask": "0 or 1/(1 - rate)"}

    def checked(self, given: dict[str, Any]) -> None:
        own, inputs, mask = type(self).__name__, given["inputs"], given.get("mask")
        if not isinstance(inputs, list | tuple):
            raise ValueError(
                f"{own} layer must be called on a list of inputs, namely [query, value] or [query, value, key]; "
                f"received {type(inputs).__name__}"
            )
        if len(inputs) not in (2, 3):
            raise ValueError(f"{own} layer accepts inputs list of length 2 or 3; received length {len(inputs)}")
        if mask is not None and not isinstance(mask, list | tuple):
            raise ValueError(
                f"{own} layer mask must be a list, [query_mask, value_mask]; received {type(mask).__name__}"
            )
        if mask is not None and len(mask) not in (2, 3):
            raise ValueError(f"{own} layer accepts mask list of length 2 or 3; received length {len(mask)}")

    def build(self, input_shape: Any, path: str | None = None) -> None:
        """Create the weights for [query, value] or [query, value, key] of these shapes.

        Raises:
            ValueError: the shapes do not fit each other.
        """
        self.checked({"inputs": list(input_shape)})
        self.compute_output_shape(input_shape)
        super().build(input_shape, path)

    def build_for(self, given: dict[str, Any], shapes: list[Any]) -> None:
        self.build([shapes[part.number] for part in given["inputs"]])

    def shape_of_call(self, given: dict[str, Any], shapes: list[Any]) -> Any:
        found = self.compute_output_shape([shapes[part.number] for part in given["inputs"]])
        for name, part, against in zip(("query_mask", "value_mask"), given.get("mask") or (), (0, 1), strict=False):
            if isinstance(part, call.Part):
                wanted = shapes[given["inputs"][against].number][:-1]
                if len(shapes[part.number]) != len(wanted) or any(
                    a not in (1, None, b) and b is not None for a, b in zip(shapes[part.number], wanted, strict=True)
                ):
                    raise ValueError(f"{name} of {self.name} must have shape {wanted}; received {shapes[part.number]}")
        return found

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return (batch, T, dim of value).

        Raises:
            ValueError: query and key differ in dim, or key and value in their number of rows.
        """
        query, value, *others = (tuple(shape) for shape in input_shape)
        key = others[0] if others else value
        if min(len(query), len(value), len(key)) < 3 or len({len(query), len(value), len(key)}) > 1:
            raise ValueError(f"{self.name} needs inputs (batch, rows, dim); received {[query, value, key]}")
        if _differ(query[-1], key[-1]):
            raise ValueError(f"{self.name} needs query and key of the same dim; received {query} and {key}")
        if _differ(key[-2], value[-2]):
            raise ValueError(f"{self.name} needs as many keys as values; received {key} and {value}")
        return (*query[:-1], value[-1])

    def with_masks(self, given: dict[str, Any], options: dict[str, Any], handed_on: Any) -> dict[str, Any]:
        if given.get("mask") is not None:
            return given
        found = [handed_on[part.number] for part in options["inputs"]]
        return given if all(own is None for own in found) else given | {"mask": found}

    def is_masked(self, options: dict[str, Any], sources: list[KerasTensor]) -> bool:
        mask = options.get("mask")
        return sources[options["inputs"][0].number].masked if mask is None else mask[0] is not None

    def query_mask(self, t: LayerTrace) -> Any:
        mask = self.given(t).get("mask")
        return None if mask is None or mask[0] is None else as_bool(mask[0])

    def options(self, t: LayerTrace) -> dict[str, Any]:
        return t.options or {"inputs": [call.Part(k) for k in range(len(t.x))]}

    def weights_shape(self, options: dict[str, Any], shapes: list[Any]) -> tuple[Any, ...]:
        query, value = (shapes[part.number] for part in options["inputs"][:2])
        return (*query[:-1], value[-2])

    # ---- the passes -----------------------------------------------------------------------------------------------

    def forward(self, t: LayerTrace) -> None:
        given = self.given(t)
        q, v, *others = given["inputs"]
        k = others[0] if others else v
        t.cache |= {"query": q, "key": k, "value": v}
        seen, query_mask = self._masks(given, q.shape[-2], v.shape[-2])
        z = self.context(t, q, k, v, seen)
        if query_mask is not None:
            z = np.where(query_mask, z, z.dtype.type(0))
        t.z = self.returned(t, z)

    def backward(self, t: LayerTrace) -> None:
        given, delta = self.given(t), self.arriving(t)
        q, k, v = (t.cache[name] for name in ("query", "key", "value"))
        seen, query_mask = self._masks(given, q.shape[-2], k.shape[-2])
        if query_mask is not None:
            delta = np.where(query_mask, delta, delta.dtype.type(0))
        dq, dk, dv, terms = self.context_back(t, delta, q, k, v, seen)
        t.cache |= {"delta_query": dq, "delta_key": dk}
        of_weight = {weight.name: len(weight.shape) for weight in self.weights}
        self.store(t, {name: np.sum(own, axis=tuple(range(own.ndim - of_weight[name]))) for name, own in terms.items()})
        parts = (dq, dv, dk) if len(given["inputs"]) > 2 else (dq, dv + dk)
        t.dx = (*parts, *(None,) * (len(t.x) - len(parts)))

    def hidden(self, t: LayerTrace, scores: Any, seen: Any) -> Any:
        return np.where(seen, scores, lowered(scores))

    @staticmethod
    def _masks(given: dict[str, Any], queries: int, keys: int) -> tuple[Any, Any]:
        """Return which keys a query sees, (1 or batch, T or 1, S), and which queries count, (batch, T, 1), or None."""
        query_mask, seen = (None if own is None else as_bool(own) for own in (given.get("mask") or (None, None))[:2])
        if seen is not None:
            seen = seen[..., np.newaxis, :]
        if given.get("use_causal_mask"):
            seen = causal(queries, keys) if seen is None else seen & causal(queries, keys)
        return seen, None if query_mask is None else query_mask[..., np.newaxis]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the query's mask, which the output keeps."""
        self.checked({"inputs": inputs, "mask": mask})
        return None if mask is None or mask[0] is None else np.asarray(mask[0])


def lowered(scores: Any) -> Any:
    """Return s - 1e9. In float32 every |s| < 29 is lost in it: the result is -1e9 itself, on both sides."""
    lost = np.abs(scores) < FAR * np.finfo(scores.dtype).eps / 4
    return np.where(lost, scores.dtype.type(-FAR), scores - FAR)


def _differ(a: int | None, b: int | None) -> bool:
    return None not in (a, b) and a != b


@layers.register()
class Attention(OnLists):
    """`OnLists` with the score q_i . k_j.

        s = q k^T               dq = ds k                     dk = ds^T q
        use_scale: s = g q k^T  dq = g ds k, dk = g ds^T q    dg = sum ds (q k^T)

    score_mode 'concat' has u = q_i + k_j and s = c sum tanh(g u) over dim, g = 1 without use_scale:

        du = ds c (1 - tanh^2)      dq_i = g sum_j du      dk_j = g sum_i du      dc = sum ds sum tanh    dg = sum du u

    Args:
        use_scale: whether the number g is there, and trained; it starts at 1.
        score_mode: 'dot' or 'concat'; 'concat' trains the number c.

    Raises:
        ValueError: score_mode is neither.
    """

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(dropout, seed, **options)
        if score_mode not in ("dot", "concat"):
            raise ValueError(
                "Invalid value for argument score_mode. Expected one of {'dot', 'concat'}. "
                f"Received: score_mode={score_mode}"
            )
        self.use_scale, self.score_mode = use_scale, score_mode
        self.scale: Variable | None = None
        self.concat_score_weight: Variable | None = None

    def make_weights(self, path: str) -> None:
        self.weights = []
        one = rules.read({"scale": ("ones", None, None)})["scale"]
        if self.use_scale:
            self.scale = self.new_weight(path, "scale", (), *one)
        if self.score_mode == "concat":
            self.concat_score_weight = self.new_weight(path, "concat_score_weight", (), *one)

    def score(self, t: LayerTrace, q: Any, k: Any) -> Any:
        g = None if self.scale is None else alongside(q, self.scale.value)
        if self.concat_score_weight is None:
            product = t.cache["product"] = np.matmul(q, np.swapaxes(k, -1, -2))
            return product if g is None else product * g
        total = t.cache["total"] = in_blocks(self._total, t, self.pairs(q, k) * q.shape[-1], q, k)
        return total * alongside(q, self.concat_score_weight.value)

    def _total(self, t: LayerTrace, q: Any, k: Any) -> Any:
        """Return sum tanh(g u)."""
        g = None if self.scale is None else alongside(q, self.scale.value)
        u = q[..., np.newaxis, :] + k[..., np.newaxis, :, :]
        tanh = np.tanh(u if g is None else u * g)
        t.cache |= {"sum": u, "tanh": tanh}
        return np.sum(tanh, axis=-1)

    def score_back(self, t: LayerTrace, ds: Any, q: Any, k: Any) -> tuple[Any, Any, dict[str, Any]]:
        g, terms = None if self.scale is None else alongside(ds, self.scale.value), {}
        if self.concat_score_weight is None:
            if g is not None:
                terms["scale"] = terms_of_sums(ds * t.cache["product"], 0)
                ds = ds * g
            return np.matmul(ds, k), np.matmul(np.swapaxes(ds, -1, -2), q), terms
        total = terms_of_sums(ds * t.cache["total"], 0)
        ds = ds * alongside(ds, self.concat_score_weight.value)
        dq, dk, terms = in_blocks(self._total_back, t, self.pairs(q, k) * q.shape[-1], ds, q, k)
        return dq, dk, terms | {"concat_score_weight": total}

    def _total_back(self, t: LayerTrace, ds: Any, q: Any, k: Any) -> tuple[Any, Any, dict[str, Any]]:
        if "tanh" not in t.cache:
            self._total(t, q, k)
        u, tanh, terms = t.cache["sum"], t.cache["tanh"], {}
        du = ds[..., np.newaxis] * (1 - tanh * tanh)
        if self.scale is not None:
            terms["scale"] = terms_of_sums(du * u, 0)
            du = du * alongside(ds, self.scale.value)
        return np.sum(du, axis=-2), np.sum(du, axis=-3), terms

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "use_scale": self.use_scale,
            "score_mode": self.score_mode,
            "dropout": self.dropout,
            "seed": self.seed,
        }
