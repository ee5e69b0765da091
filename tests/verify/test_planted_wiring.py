"""Mistakes between correct steps: every formula is right, but a step is left out or given the wrong tensor."""

import numpy as np
import pytest

from handnn import Sequential
from handnn.activations import Relu
from handnn.layers import Dense, Dropout
from handnn.losses import CategoricalCrossentropy

SQUARE, SIGMOID, LAST = 2, 1, 3


def backward_with(change=lambda *_: None, upstream=lambda trace, i: trace.layers[i + 1].dx, skipped=()):
    """`Sequential.backward_pass` with another upstream, skipped layers, or change(layer, t, trace, i) before dW."""

    def backward_pass(self, y, trace, weight=None):
        loss, fused = self.output_loss(training=True).loss, self.fused
        for i in range(len(self.layers) - 1, -1, -1):
            layer, t = self.layers[i], trace.layers[i]
            if i in skipped:
                continue
            if i == len(self.layers) - 1 and fused:
                t.delta = loss.gradient_of_reduced(y, t.z, weight)
            else:
                t.upstream = upstream(trace, i)
                layer.residual(t)
            change(layer, t, trace, i)
            layer.backward(t)

    return lambda patch: patch.setattr(Sequential, "backward_pass", backward_pass)


def forward_with(handed_on=lambda t, i: t.a, skipped=()):
    """`Sequential.forward_pass` that hands on something else than a, or skips layers."""

    def forward_pass(self, x, trace, masks=None):
        for i, (layer, t) in enumerate(zip(self.layers, trace.layers, strict=True)):
            if i in skipped:
                t.x = t.z = t.a = x
                continue
            t.x = x
            layer.forward(t)
            layer.activate(t)
            x = handed_on(t, i)
        return x

    return lambda patch: patch.setattr(Sequential, "forward_pass", forward_pass)


def at(number, name, value):
    """Set t.<name> = value(trace) in one layer before its gradients are computed."""
    return lambda layer, t, trace, i: setattr(t, name, value(trace).copy()) if i == number else None


def w_updated_too_early(layer, t, trace, i):
    layer.kernel.value -= 0.1 * np.dot(t.x.T, t.delta)


def weight_forgotten(patch):
    right = Sequential.backward_pass
    patch.setattr(Sequential, "backward_pass", lambda self, y, trace, weight=None: right(self, y, trace))


MISTAKES = {
    "z for a in dW": (backward_with(at(SQUARE, "x", lambda trace: trace.layers[SIGMOID].z)), "square dW"),
    "x of the layer above in dW": (backward_with(at(SQUARE, "x", lambda trace: trace.layers[LAST].x)), "square dW"),
    "another layer's delta": (backward_with(at(SIGMOID, "delta", lambda t: t.layers[SQUARE].delta)), "sigmoid delta"),
    "f' left out by the loop": (backward_with(at(SQUARE, "delta", lambda t: t.layers[LAST].dx)), "square delta"),
    "a layer left out backward": (
        backward_with(upstream=lambda trace, i: trace.layers[LAST if i == SIGMOID else i + 1].dx, skipped=(SQUARE,)),
        "square upstream",
    ),
    "upstream counted twice": (
        backward_with(upstream=lambda trace, i: trace.layers[i + 1].dx * (2 if i == SQUARE else 1)),
        "square upstream",
    ),
    "W updated before dx": (backward_with(w_updated_too_early), "output dx"),
    "sample weights forgotten": (weight_forgotten, "output delta"),
    "a layer left out forward": (forward_with(skipped=(SQUARE,)), "square z"),
    "an activation left out forward": (forward_with(lambda t, i: t.z if i == SQUARE else t.a), "output z"),
}


@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.quick(5)
def test_wiring_mistake_is_found_where_it_is(name, dtype, verify):
    plant, where = MISTAKES[name]
    report = verify("classifier", dtype, lambda patch, model: plant(patch))
    assert {row.check for row in report.failures} <= {"wiring", "end to end"}
    assert report.first_failure.where == f"{where} chained"


# ---- memory, loss and masks ---------------------------------------------------------------------------------------


def accumulated(patch):
    """dW of this call on top of the last one's."""

    def backward(self, t):
        before = t.gradients.get("kernel")
        t.gradients = {}
        right(self, t)
        if before is not None:
            t.gradients["kernel"] = t.gradients["kernel"] + before

    right = Dense.backward
    patch.setattr(Dense, "backward", backward)


def loss_of_logits(patch):
    """The loss that is shown takes logits for probabilities; its gradient does not."""

    def loss_pass(self, y, trace, weight=None):
        trace.values = self.loss.values(y, trace.layers[-1].z)
        trace.loss = self.loss.reduce(trace.values, weight, y)
        return trace.loss

    patch.setattr(Sequential, "loss_pass", loss_pass)


def upstream_overwritten(patch):
    """delta is written into upstream, which is the dx of the layer above."""

    def backward(self, upstream, z, a, out=None):
        return np.multiply(upstream, z > 0, out=upstream)

    patch.setattr(Relu, "backward", backward)


def z_overwritten(patch):
    """delta of the output is written into its z."""
    right = CategoricalCrossentropy.derivatives

    def derivatives(self, y_true, y_pred, out=None):
        return np.add(right(self, y_true, y_pred), 0, out=y_pred)

    patch.setattr(CategoricalCrossentropy, "derivatives", derivatives)


def unscaled_mask(patch):
    """Dropout draws 0 and 1; the check runs under Keras' own mask."""
    patch.setattr(Dropout, "draw", lambda self, shape: (self.generator.random(shape) >= self.rate).astype(self.dtype))


OTHERS = {
    accumulated: ("classifier", "output dW chained"),
    loss_of_logits: ("classifier", "output values chained"),
    upstream_overwritten: ("classifier", "square upstream kept"),
    z_overwritten: ("classifier", "output z kept"),
    unscaled_mask: ("regression", "dropout mask"),
}


@pytest.mark.parametrize("plant", OTHERS, ids=lambda plant: plant.__name__)
def test_mistake_of_memory_loss_or_mask_is_found_where_it_is(plant, dtype, verify):
    network, where = OTHERS[plant]
    report = verify(network, dtype, lambda patch, model: plant(patch))
    assert not report.ok
    assert report.first_failure.where == where
