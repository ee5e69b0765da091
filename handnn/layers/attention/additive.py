"""Attention by a sum: Bahdanau et al. (2015)."""

from typing import Any

import numpy as np

from ...core.trace import LayerTrace
from ...core.variable import Variable
from .. import rules
from ..base import alongside, layers
from .blocks import in_blocks, terms_of_sums
from .dot_product import OnLists


@layers.register()
class AdditiveAttention(OnLists):
    """`OnLists` with the score s_ij = sum_d g_d tanh(q_id + k_jd).

        du_ijd = ds_ij g_d (1 - tanh^2)      dq_i = sum_j du_ij      dk_j = sum_i du_ij      dg = sum ds_ij tanh

    Args:
        use_scale: whether the row g is there, and trained; otherwise it is 1.
    """

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **options: Any) -> None:
        super().__init__(dropout, options.pop("seed", None), **options)
        self.use_scale = use_scale
        self.scale: Variable | None = None

    def make_weights(self, path: str) -> None:
        self.weights = []
        if self.use_scale:
            own = rules.read({"scale": ("glorot_uniform", None, None)})["scale"]
            self.scale = self.new_weight(path, "scale", (self.input_shape[0][-1],), *own)

    def score(self, t: LayerTrace, q: Any, k: Any) -> Any:
        return in_blocks(self._score, t, self.pairs(q, k) * q.shape[-1], q, k)

    def score_back(self, t: LayerTrace, ds: Any, q: Any, k: Any) -> tuple[Any, Any, dict[str, Any]]:
        found: tuple[Any, Any, dict[str, Any]]
        found = in_blocks(self._score_back, t, self.pairs(q, k) * q.shape[-1], ds, q, k)
        return found

    def _score(self, t: LayerTrace, q: Any, k: Any) -> Any:
        tanh = t.cache["tanh"] = np.tanh(q[..., np.newaxis, :] + k[..., np.newaxis, :, :])
        return np.sum(tanh if self.scale is None else tanh * alongside(q, self.scale.value), axis=-1)

    def _score_back(self, t: LayerTrace, ds: Any, q: Any, k: Any) -> tuple[Any, Any, dict[str, Any]]:
        if "tanh" not in t.cache:
            self._score(t, q, k)
        tanh, terms = t.cache["tanh"], {}
        du = ds[..., np.newaxis] * (1 - tanh * tanh)
        if self.scale is not None:
            du = du * alongside(ds, self.scale.value)
            terms["scale"] = terms_of_sums(ds[..., np.newaxis] * tanh, 1)
        return np.sum(du, axis=-2), np.sum(du, axis=-3), terms

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return config | {"use_scale": self.use_scale, "dropout": self.dropout, "seed": self.seed}
