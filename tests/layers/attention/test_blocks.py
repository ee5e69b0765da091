"""Attention computed in blocks of samples: the same numbers, the same bounds, in the memory of one block."""

import tracemalloc

import numpy as np
import pytest

from handnn import layers
from handnn.activations.rows import softmax
from handnn.core.trace import LayerTrace
from handnn.layers.attention import blocks
from handnn.proof.keras.attention import CASES, batch, network
from handnn.rounding import allowance
from handnn.rounding.bounded import Bounded
from handnn.verify import verify_model
from handnn.verify.steps import spliced


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.slow
def test_every_row_of_a_report_is_the_same(case, rng, monkeypatch):
    drawn = {"seed": 1} if "dropout" in case.options else {}
    model, found = network(case._replace(options=case.options | drawn), "float32"), []
    x, y = batch(case, rng)
    for elements in (blocks.BLOCK, 1):
        monkeypatch.setattr(blocks, "BLOCK", elements)
        found.append(verify_model(model, x, y, optimizer=False).to_dict())
    assert found[0]["ok"] and found[0] == found[1]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_number_and_every_bound_is_the_same(case, rng, monkeypatch):
    """Of one layer, without Keras: z, dx and the gradients, of arrays and of error bounds."""
    model, found = network(case, "float32"), []
    x, y = batch(case, rng)
    t, layer = model.trace(x, y)["attention"], model.get_layer("attention")
    t.mask = layer.draw(layer.drawn_for(t)) if layer.dropout else None
    for elements in (blocks.BLOCK, 1):
        monkeypatch.setattr(blocks, "BLOCK", elements)
        own = []
        for kind in (np.asarray, Bounded):
            of = spliced(t, kind, "x", "delta")
            layer.forward(of)
            layer.backward(of)
            own += [of.z, *(part for part in of.dx if part is not None), *of.gradients.values()]
        found.append([(part.value, part.error) if isinstance(part, Bounded) else (part,) for part in own])
    for one, other in zip(*found, strict=True):
        assert all(map(np.array_equal, one, other))


def test_the_bound_of_a_scale_is_that_of_a_sum_over_all_samples(rng, monkeypatch):
    """TensorFlow may add the terms of all queries, keys and samples one after the other."""
    monkeypatch.setattr(blocks, "BLOCK", 1)
    layer = layers.AdditiveAttention()
    layer.build([(None, 20, 2)] * 2)
    x, delta = rng.normal(size=(2, 40, 20, 2)).astype("float32"), rng.normal(size=(40, 20, 2)).astype("float32")
    t = LayerTrace("attention")
    t.x, t.delta = tuple(map(Bounded, x)), Bounded(delta)
    layer.forward(t)
    layer.backward(t)
    q, k = x[0][:, :, np.newaxis], x[1][:, np.newaxis]
    weights = layer.scale.value * np.tanh(q + k)
    w = softmax.forward(np.sum(weights, axis=-1))
    dw = delta @ np.swapaxes(x[1], -1, -2)
    ds = w * (dw - np.sum(w * dw, axis=-1, keepdims=True))
    terms = np.abs(ds[..., np.newaxis] * np.tanh(q + k))
    growth = allowance.gamma(terms[..., 0].size - 1, allowance.unit_roundoff("float32"))
    assert np.all(t.gradients["scale"].error >= growth * np.sum(terms, axis=(0, 1, 2)))


@pytest.mark.parametrize("options", [{}, {"score_mode": "concat", "use_scale": True}], ids=["additive", "concat"])
def test_sums_for_every_query_and_key_are_never_there_for_all_samples(options, rng, monkeypatch):
    """Forward and backward take less than one array (samples, T, S, dim) beside those of (samples, T, S)."""
    samples, rows, dim = 16, 32, 32
    monkeypatch.setattr(blocks, "BLOCK", rows * rows * dim)
    cls = layers.Attention if options else layers.AdditiveAttention
    layer = cls(**options, dtype="float64")
    layer.build([(None, rows, dim)] * 2)
    t = LayerTrace("attention")
    t.x = tuple(rng.normal(size=(2, samples, rows, dim)))
    t.delta = rng.normal(size=(samples, rows, dim))
    tracemalloc.start()
    layer.forward(t)
    layer.backward(t)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < samples * rows * rows * (dim * 8)
