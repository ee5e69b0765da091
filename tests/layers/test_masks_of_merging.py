"""Masked steps in layers that merge, choose and normalise: by their plain rule, and by differences, without Keras.

All numbers are multiples of 1/8, so that every sum, product and difference is exact.
"""

import itertools

import numpy as np
import pytest

from handnn import layers
from handnn.core.trace import LayerTrace

PARTS, FEATURES = 3, 2
EVERY = np.array(list(itertools.product((False, True), repeat=PARTS))).T[:, np.newaxis]
"""Masks (parts, 1, steps) in which every combination occurs in one step."""
STEPS = EVERY.shape[-1]
STEP = 2.0**-10


def numbers(rng):
    """Distinct numbers, so that the largest has no equal."""
    return rng.permutation(PARTS * STEPS * FEATURES).reshape(PARTS, 1, STEPS, FEATURES) / 8 - 2.5


def passed(layer, x, masks, delta=None):
    t = LayerTrace(layer.name)
    t.x = tuple(x)
    layer.receive_masks(t, list(masks))
    layer.forward(t)
    if delta is not None:
        t.delta = delta
        layer.backward(t)
    return t


WITHOUT = [(), (0,), (1,), (2,), (0, 2), (0, 1, 2)]
"""The parts without a mask."""
RULES = {
    "Multiply": lambda counting, of_all: np.prod(counting) if counting or not of_all else 0.0,
    "Maximum": lambda counting, of_all: max(counting),
    "Minimum": lambda counting, of_all: min(counting),
}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("parts", [2, PARTS])
def test_a_masked_step_takes_part_nowhere(name, parts, rng):
    """Where all are masked, Multiply gives 0 if all have masks, and the others choose the first.

    Of two parts the first has one feature for both of the other.
    """
    layer, x = getattr(layers, name)(dtype="float64"), list(numbers(rng)[:parts])
    x[0] = x[0][..., : FEATURES if parts > 2 else 1]
    delta = rng.integers(1, 9, x[1].shape) / 8
    for without in WITHOUT:
        masks = [None if k in without else mask for k, mask in enumerate(EVERY[:parts])]
        t, whole = passed(layer, x, masks, delta), np.broadcast_arrays(*x)
        for at in np.ndindex(delta.shape):
            own = [whole[k][at] for k, mask in enumerate(masks) if mask is None or mask[at[:-1]]]
            chosen = own or ([] if name == "Multiply" else [whole[0][at]])
            assert t.z[at] == RULES[name](chosen, all(mask is not None for mask in masks)), (without, at)
        for k in range(parts):
            up, down = x.copy(), x.copy()
            up[k], down[k] = x[k] + STEP, x[k] - STEP
            terms = delta * (passed(layer, up, masks).z - passed(layer, down, masks).z) / (2 * STEP)
            once = terms if x[k].shape == delta.shape else terms.sum(axis=-1, keepdims=True)
            assert np.array_equal(t.dx[k], once), (without, k)


@pytest.mark.parametrize("name", ["Multiply", "Maximum"])
def test_a_mask_is_lost_with_the_axes_that_a_part_gets(name, rng):
    layer, x = getattr(layers, name)(dtype="float64"), [numbers(rng)[0, 0], numbers(rng)[1]]
    x[0] = x[0][:1]
    found, expected = (passed(layer, x, [mask, EVERY[1]]).z for mask in (np.array([False]), None))
    assert np.array_equal(found, expected)


def test_masks_are_put_side_by_side_as_their_steps_are(rng):
    x = numbers(rng)
    masks = [EVERY[0], None, EVERY[2]]
    layer = layers.Concatenate(axis=1)
    layer.build([part.shape for part in x])
    whole = np.concatenate([EVERY[0], np.ones((1, STEPS), bool), EVERY[2]], axis=1)
    assert np.array_equal(layer.compute_mask(list(x), masks), whole)
    layer = layers.Concatenate(axis=-1)
    layer.build([part.shape for part in x])
    assert np.array_equal(layer.compute_mask(list(x), list(EVERY)), np.any(EVERY, axis=0))
    assert layer.compute_mask(list(x), masks).all()
    assert layer.compute_mask(list(x), [None] * PARTS) is None


def test_softmax_is_that_of_the_places_that_count(rng):
    """Of zeros, so that 1, 2 and 4 places share alike."""
    layer, mask = layers.Softmax(dtype="float64"), np.array([[1, 1, 0, 0], [0, 0, 1, 0], [1, 1, 1, 1]], bool)
    t = LayerTrace(layer.name)
    t.x = np.zeros((3, 4))
    layer.receive_masks(t, [mask])
    layer.forward(t)
    layer.activate(t)
    assert np.array_equal(t.a, mask / mask.sum(axis=1, keepdims=True))
    t.upstream = rng.integers(-8, 9, (3, 4)) / 8
    layer.residual(t)
    layer.backward(t)
    mean = np.sum(t.upstream * t.a, axis=1, keepdims=True)
    assert np.array_equal(t.dx, t.a * (t.upstream - mean))
    t.delta = np.ones((3, 4))
    layer.backward(t)
    assert np.array_equal(t.dx, mask)


def test_who_makes_a_mask_and_who_does_not():
    words = np.array([[3, 0, 1]])
    assert layers.Embedding(4, 2).compute_mask(words) is None
    assert layers.Embedding(4, 2, mask_zero=True).compute_mask(words).tolist() == [[True, False, True]]
    given = np.array([[True, False]])
    assert layers.Lambda(lambda x: x, mask=given).compute_mask(words, None) is given
    assert layers.Lambda(lambda x: x, mask=lambda x, mask: x > 1).compute_mask(words).tolist() == [[True, False, False]]
    t = LayerTrace("masking")
    t.x = np.array([[[5.0, 5.0], [5.0, 1.0]]])
    layers.Masking(5.0).forward(t)
    assert t.z.tolist() == [[[0.0, 0.0], [5.0, 1.0]]] and t.output_mask.tolist() == [[False, True]]


@pytest.mark.parametrize("takes", [False, True])
def test_a_function_gets_the_mask_that_it_asks_for(takes):
    t = LayerTrace("lambda")
    t.x, mask = np.ones((1, 2, 3), "float32"), np.array([[True, False]])
    layer = layers.Lambda((lambda x, mask=None: x * mask[..., None]) if takes else (lambda x: x))
    layer.receive_masks(t, [mask])
    layer.forward(t)
    assert t.z[0, :, 0].tolist() == ([1.0, 0.0] if takes else [1.0, 1.0])
