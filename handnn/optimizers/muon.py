"""Muon: orthogonalized momentum."""

import re
from typing import Any

import numpy as np

from ..core.variable import Array
from . import arguments
from .adam import adam_rule, corrected_rate
from .base import Optimizer, register
from .options import Rate, common


@register
class Muon(Optimizer):
    """Orthogonalized momentum for matrices; AdamW for all other weights.

    m <- mu m + g, u = g + mu m (Nesterov) or m, x <- x - lr o(u) sqrt(max(rows, columns)) rms_rate.
    o(u) = U p(S) V^T for u = U S V^T, where p maps every singular value to about 1: `orthogonalized`.

    Weights that are not matrices, have 'embedding' in their path (exclude_embeddings) or match a pattern of
    exclude_layers take Adam's step with adam_beta_1, adam_beta_2, epsilon, and lr adam_lr_ratio.

    Jordan et al. (2024), github.com/KellerJordan/Muon. The factor sqrt(max) rms_rate (Liu et al., 2025) gives the step
    the root mean square of AdamW's; rms_rate=None omits it. weight_decay applies to matrices, adam_weight_decay to the
    other weights. Keras does not round mu, in float32 or float64, but rounds Adam's betas as in `Adam`. In Keras,
    float64 matrices fail unless rms_rate is None or floatx is float64.
    """

    slots = ("momentum", "velocity")
    hyperparameters = (
        "adam_beta_1",
        "adam_beta_2",
        "adam_weight_decay",
        "epsilon",
        "exclude_layers",
        "exclude_embeddings",
        "muon_a",
        "muon_b",
        "muon_c",
        "adam_lr_ratio",
        "momentum",
        "ns_steps",
        "nesterov",
        "rms_rate",
    )
    buffers = 2
    elementwise = False
    SMALLEST_NORM = 1e-7
    examples = (
        {"nesterov": False, "momentum": 0.8, "ns_steps": 3, "weight_decay": None, "rms_rate": 0.5},
        {"rms_rate": None, "adam_weight_decay": 0.2, "adam_beta_1": 0.8, "adam_beta_2": 0.9, "adam_lr_ratio": 0.3},
        {"exclude_layers": ["kernel", "w2"], "muon_a": 3.0, "muon_b": -3.2, "muon_c": 1.2, "weight_decay": 0.3},
    )

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        exclude_layers: list[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.775,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
    ) -> None:
        super().__init__(**common(locals()))
        self.adam_beta_1 = arguments.share(adam_beta_1, "adam_beta_1")
        self.adam_beta_2 = arguments.share(adam_beta_2, "adam_beta_2")
        self.adam_weight_decay = arguments.optional(adam_weight_decay, "adam_weight_decay")
        self.epsilon = arguments.at_least_zero(epsilon, "epsilon")
        self.exclude_layers, self.exclude_embeddings = list(exclude_layers or []), exclude_embeddings
        self.muon_a, self.muon_b, self.muon_c = (
            arguments.number(given, f"muon_{letter}")
            for letter, given in zip("abc", (muon_a, muon_b, muon_c), strict=True)
        )
        self.adam_lr_ratio = arguments.number(adam_lr_ratio, "adam_lr_ratio")
        self.momentum, self.nesterov = arguments.share(momentum, "momentum"), nesterov
        self.ns_steps = arguments.count(ns_steps, "ns_steps", 0) or 0
        self.rms_rate = arguments.optional(rms_rate, "rms_rate")

    def takes_adam(self, shape: tuple[int, ...], path: str) -> bool:
        """Return whether AdamW updates this weight."""
        embedding = self.exclude_embeddings and "embedding" in path.lower()
        return len(shape) != 2 or embedding or any(re.search(pattern, path) for pattern in self.exclude_layers)

    def new_slots(self, variable: Any, x: Array) -> dict[str, Array]:
        adam = self.takes_adam(x.shape, getattr(variable, "path", ""))
        return {name: np.zeros_like(x) for name in self.slots[: 1 + adam]}

    def decay_of(self, variable: Any, path: str) -> float | None:
        """Return the weight decay of one weight. Keras' Muon matches excluded names with the name, not the path."""
        if self._is_spared(variable, path.rpartition("/")[2]):
            return None
        return self.adam_weight_decay if self.takes_adam(np.shape(variable), path) else self.weight_decay

    def update_step(self, gradient: Array, x: Array, *slots: Array, work: tuple[Array, ...]) -> None:
        if len(slots) > 1:
            betas, alpha = (self.adam_beta_1, self.adam_beta_2), self.per_step(self.adam_step_size, x.dtype)
            adam_rule(gradient, x, *slots, betas=betas, epsilon=self.epsilon, alpha=alpha, work=work)
            return
        # m = mu m + g      u = g + mu m with Nesterov, else m
        # x = x - lr o(u) sqrt(max(rows, columns)) rms_rate
        (m,) = slots
        term = np.multiply(m, self.momentum - 1, out=work[0])
        term += gradient
        m += term
        u = m
        if self.nesterov:
            u = np.add(gradient, np.multiply(m, self.momentum, out=work[0]), out=work[0])
        step = self.orthogonalized(u) * self.rate
        if self.rms_rate is not None:
            step *= np.sqrt(self.number(max(x.shape), x.dtype))
            step *= self.rms_rate
        x -= step

    def orthogonalized(self, u: Any) -> Any:
        """Return U p(S) V^T for u = U S V^T, by ns_steps Newton-Schulz iterations.

        X = u / (||u|| + 1e-7), then X <- a X + (b A + c A A) X with A = X X^T, which maps each singular value s to
        a s + b s^3 + c s^5. docs/derivations/muon.md.
        """
        a, b, c = self.muon_a, self.muon_b, self.muon_c
        X = u.T if u.shape[0] > u.shape[1] else u
        X = X / (np.sqrt(np.sum(np.multiply(X, X))) + self.SMALLEST_NORM)
        for _ in range(self.ns_steps):
            A = np.dot(X, X.T)
            B = b * A + c * np.dot(A, A)
            X = a * X + np.dot(B, X)
        return X.T if u.shape[0] > u.shape[1] else X

    def adam_step_size(self, dtype: Any) -> Any:
        """Return Adam's alpha for the rate lr adam_lr_ratio, a product that Keras rounds to float32."""
        rate = self.number(self.number(self.rate, "float32") * np.float32(self.adam_lr_ratio), dtype)
        return corrected_rate(self, rate, self.adam_beta_1, self.adam_beta_2, dtype)
