"""The intermediates of one forward and backward pass, by layer. Data only, no mathematics.

Training uses the same records as its workspace: a layer writes into the arrays of the previous step (`out=t.z`), so
nothing is allocated after the first batch. `Sequential.trace` returns new ones.
"""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import formulas, html

Array = NDArray[Any]

TENSORS = ("x", "z", "a", "upstream", "delta", "dx")
"""The intermediates of a layer, besides its gradients, in the order of computation."""


class LayerTrace:
    """The intermediates of one layer.

    Attributes:
        name: the layer's name.
        x: its input a_prev, (batch, inputs); a tuple of arrays for a layer that merges several inputs.
        z: (batch, units), the layer's formula before the activation: x @ W + b for Dense.
        a: output f(z), (batch, units).
        upstream: dL/da, from the layers above; None if a fused loss skips it.
        delta: the residual dL/dz, (batch, units).
        gradients: dL/dweight by Keras' variable name, {'kernel': dW, 'bias': db}.
        dx: dL/dx = delta @ W.T, the upstream of the layer below; a tuple if x is one; None in the first layer of a
            training step.
        input_mask: (batch, time), False where a step of x is padding; a tuple if x is one; None without masks.
        output_mask: that of a.
        mask: the layer's random draw (Dropout: 0 or 1/(1 - rate), GaussianNoise: the noise); None for other layers.
        penalty: the value that the layer's regularizers add to the loss; None without regularizers.
        penalty_count: how often the loss includes the penalty: once, or once per value without reduction.
        options: the arguments of the layer's call besides its input, `use_causal_mask=True`; {} for most layers.
        cache: values that forward stores for backward (normalization: mean, xhat, ...), by name.
        new_statistics: new values of running statistics, which training updates without a gradient, by name.
        layer: the layer itself, to show its formulas; None of the Keras side.
        first: whether this is the first place of its layer. There its `gradients` are the sums over all places, and the
            penalties of its weights count.
    """

    __slots__ = (
        "_ones",
        "a",
        "cache",
        "delta",
        "dx",
        "first",
        "gradients",
        "input_mask",
        "layer",
        "loss_gradient",
        "mask",
        "name",
        "new_statistics",
        "options",
        "output_mask",
        "penalty",
        "penalty_count",
        "shapes",
        "training",
        "upstream",
        "upstream_sum",
        "wants_dx",
        "x",
        "z",
    )

    def __init__(self, name: str, wants_dx: bool = True) -> None:
        self.name = name
        self.layer: Any = None
        self.x: Any = None
        self.z: Any = None
        self.a: Any = None
        self.upstream: Any = None
        self.delta: Any = None
        self.dx: Any = None
        self.mask: Any = None
        self.input_mask: Any = None
        self.output_mask: Any = None
        self.shapes: Any = None  # of the arrays that z holds side by side; see layers/outputs.py
        self.penalty: Any = None
        self.penalty_count = 1
        self.loss_gradient: Any = None  # the loss' own dL/da, or dL/dz if it is fused
        self.upstream_sum: Any = None  # workspace for the sum of the upstreams of several paths
        self._ones: Any = None
        self.gradients: dict[str, Any] = {}
        self.options: dict[str, Any] = {}
        self.cache: dict[str, Any] = {}
        self.new_statistics: dict[str, Any] = {}
        self.training = False
        self.first = True
        self.wants_dx = wants_dx

    @property
    def dW(self) -> Any:
        """dL/dW, the gradient of Keras' `kernel`."""
        return self.gradients.get("kernel")

    @property
    def db(self) -> Any:
        """dL/db, the gradient of Keras' `bias`."""
        return self.gradients.get("bias")

    @property
    def steps(self) -> Any:
        """The steps of a recurrent layer in time: `trace["lstm"].steps[t].delta`; None of other layers."""
        return self.cache.get("steps")

    @property
    def attention(self) -> Any:
        """What an attention layer computed: `.weights`, `.scores`, ..., `.delta.scores`, ...; None of other layers."""
        if "weights" not in self.cache:
            return None
        back = {name.removeprefix("delta_"): own for name, own in self.cache.items() if name.startswith("delta_")}
        forward = {name: own for name, own in self.cache.items() if not name.startswith("delta_")}
        return SimpleNamespace(**forward, delta=SimpleNamespace(**back))

    def gate_deltas(self) -> dict[str, Any]:
        """Return {gate: dL/dz of every step of time, (time, batch, units)} of a recurrent layer; {} of other layers."""
        keras = self.cache.get("keras_steps")
        if keras:
            return dict(keras[0]["delta"]) if len(keras) == 1 else {}
        if self.cache.get("keras_gates"):
            return dict(self.cache["keras_gates"])
        steps = self.steps or []
        if not steps or isinstance(steps[0], tuple) or not hasattr(steps[0], "delta"):
            return {}
        by_step = [s.of(s.delta) for s in steps]
        return {gate: np.stack([part[gate] for part in by_step]) for gate in by_step[0]}

    def ones(self, rows: int) -> Any:
        """Return a vector of ones: `ones @ delta` is the sum over the batch, at the speed of a matrix product."""
        if self._ones is None or len(self._ones) != rows:
            self._ones = np.ones(rows, self.delta.dtype)
        return self._ones

    def of_run(self, run: int) -> "LayerTrace":
        """Return the record of one run of a stack: views of its part of each array."""
        own = LayerTrace(self.name, self.wants_dx)
        own.training, own.first, own.penalty_count = self.training, self.first, self.penalty_count
        for name in (*TENSORS, "mask"):
            value = getattr(self, name)
            setattr(own, name, None if value is None else value[run])
        own.gradients = {name: value[run] for name, value in self.gradients.items()}
        return own

    def tensors(self) -> Iterator[tuple[str, Any]]:
        """Yield (name, array) for everything computed: z, a, upstream, delta, gradients, dx."""
        for name in ("z", "a", "upstream", "delta"):
            if getattr(self, name) is not None:
                yield name, getattr(self, name)
        yield from ((gradient_name(name), value) for name, value in self.gradients.items())
        if isinstance(self.dx, tuple):
            yield from ((f"dx[{i}]", dx) for i, dx in enumerate(self.dx) if dx is not None)
        elif self.dx is not None:
            yield "dx", self.dx

    def shown(self) -> Iterator[str]:
        """Yield what a notebook shows: formulas, a row for each tensor, and the numbers of the small ones."""
        if self.layer is not None:
            lines = formulas.of_layer(self.layer, fused=self.delta is not None and self.upstream is None)
            yield formulas.aligned(lines)
        yield html.table(html_headings(), html_rows(self))
        small = [(name, np.array2string(a, precision=5)) for name, a in self.tensors() if 0 < a.size <= SMALL]
        if small:
            yield html.folded("numbers", html.joined(html.element("pre", f"{name} =\n{told}") for name, told in small))

    def _repr_html_(self) -> str:
        """The layer's formulas and tensors in a notebook."""
        return html.fragment(self.shown())

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {value.shape}" for name, value in self.tensors())
        return f"<LayerTrace {self.name}: {shapes}>"


GRADIENT_NAMES = {"kernel": "dW", "bias": "db"}
"""Keras' variable names -> names of gradients: W is Keras' `kernel`, b its `bias`."""


def gradient_name(weight: str) -> str:
    """Return the name of a weight's gradient: dW for 'kernel', db for 'bias', dgamma for 'gamma'."""
    return GRADIENT_NAMES.get(weight, f"d{weight}")


class Trace:
    """A whole pass: `trace.loss`, `trace.y_pred`, `trace['hidden_1'].delta`, and iteration over the layers.

    `values` are the losses of the samples, `data_loss` their reduction, `loss` is data_loss plus the penalties. With
    several outputs, `y_pred` and `values` are tuples, `output_losses` lists the losses, and data_loss is their weighted
    sum.
    """

    def __init__(self, layers: list[LayerTrace], outputs: tuple[int, ...] = ()) -> None:
        self.layers = layers
        self.outputs = outputs
        self.output_losses: list[Any] = []
        self.loss: Any = None
        self.data_loss: Any = None
        self.values: Any = None
        self.training = False

    @property
    def y_pred(self) -> Any:
        """The output of the last layer, (batch, outputs); a tuple if there are several outputs."""
        if len(self.outputs) > 1:
            return tuple(self.layers[i].a for i in self.outputs)
        return self.layers[self.outputs[0] if self.outputs else -1].a

    def of_run(self, run: int) -> "Trace":
        """Return the pass of one run of a stack: its losses, and views of its part of each array."""
        own = Trace([layer.of_run(run) for layer in self.layers], self.outputs)
        own.training, own.loss, own.data_loss = self.training, self.loss[run], self.data_loss[run]
        own.values = self.values[run]
        return own

    @property
    def gradients(self) -> list[Any]:
        """All gradients, in get_weights() order."""
        return [value for layer in self.layers if layer.first for value in layer.gradients.values()]

    def __getitem__(self, name: str) -> LayerTrace:
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(f"no layer {name!r}; the layers are {', '.join(layer.name for layer in self.layers)}")

    def __iter__(self) -> Iterator[LayerTrace]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def _repr_html_(self) -> str:
        """The formulas and tensors of every layer in a notebook."""
        told = f"loss {float(np.mean(self.loss)):.6g}" if self.loss is not None else "no loss yet"
        parts: list[str] = [html.element("p", told)]
        for t in self.layers:
            kind = "" if t.layer is None else f", {type(t.layer).__name__}"
            parts += [html.element("h2", f"{t.name}{kind}"), *t.shown()]
        return html.fragment(parts)

    def __repr__(self) -> str:
        return f"<Trace of {len(self)} layers, loss {self.loss}>"


SMALL = 48
"""Tensors of so many elements at most are shown as numbers."""


def html_headings() -> list[str]:
    """Return the headings of a table of tensors."""
    return ["tensor", "shape", "smallest", "largest", "mean size"]


def html_rows(layer: LayerTrace) -> list[list[str]]:
    """Return a row for each tensor of a layer."""
    return [
        [name, " x ".join(map(str, a.shape)), f"{a.min():.4g}", f"{a.max():.4g}", f"{np.abs(a).mean():.4g}"]
        for name, a in layer.tensors()
        if a.size
    ]
