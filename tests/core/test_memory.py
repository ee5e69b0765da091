"""Arrays side by side: weights, gradients and slots in one memory, and steps on all of them at once."""

import numpy as np
import pytest

import handnn
from handnn import layers, optimizers
from handnn.core.memory import contiguous, flat_view
from handnn.optimizers.base import BLOCK
from handnn.optimizers.base import optimizers as registry


def network(dtype="float32", widths=(5, 4, 3)):
    stack = [layers.Dense(units, "tanh", dtype=dtype) for units in widths[1:]]
    return handnn.Sequential([handnn.Input((widths[0],)), *stack])


def values(model):
    return [variable.value for variable in model.weights]


def apart(model):
    """Give every weight a memory of its own."""
    for variable in model.weights:
        variable.value = variable.value.copy()
    return model


def test_what_lies_side_by_side_is_one_row(rng):
    arrays = contiguous([(2, 3), (), (4,)], "float64")
    for array in arrays:
        array[...] = rng.normal(size=array.shape)
    row = flat_view(arrays)
    assert np.array_equal(row, np.concatenate([array.reshape(-1) for array in arrays]))
    row *= 2
    assert np.array_equal(flat_view(arrays[1:]), np.concatenate([array.reshape(-1) for array in arrays[1:]]))
    assert np.shares_memory(row, arrays[0])


@pytest.mark.parametrize(
    "arrays",
    [
        lambda a: [a[1], a[0]],
        lambda a: [a[0], a[2]],
        lambda a: [a[0].T, a[1]],
        lambda a: [a[0], a[1].copy()],
        lambda a: [a[0], None],
        lambda a: [np.ones(3), np.ones(2)],
        lambda a: [],
    ],
    ids=["swapped", "a gap", "transposed", "another memory", "none", "no memory", "nothing"],
)
def test_anything_else_is_none(arrays):
    assert flat_view(arrays(contiguous([(2, 3), (2,), (4,)], "float32"))) is None


def test_weights_and_gradients_of_a_network_lie_side_by_side(rng):
    model = network()
    assert flat_view(values(model)).size == model.count_params()
    kernel = model.layers[0].kernel.value
    model.compile("sgd", "mse")
    model.train_on_batch(rng.normal(size=(6, 5)), rng.normal(size=(6, 3)))
    assert kernel is model.layers[0].kernel.value
    assert flat_view(model.workspace(6, training=True).gradients).size == model.count_params()


@pytest.mark.quick(7)
@pytest.mark.parametrize("name", sorted({cls.__name__.lower() for _, cls in registry.items()}))
@pytest.mark.parametrize("widths", [(5, 4, 3), (300, 150, 3)], ids=["small", "in blocks"])
def test_one_step_on_all_is_a_step_on_each(name, widths, dtype, rng):
    """Bit for bit, and the slots too; the larger network has more weights than a block."""
    cls = registry[name]
    assert (BLOCK < 300 * 150) and (BLOCK > 5 * 4)
    for options in ({}, {"weight_decay": 0.01}, *cls.examples):
        one, other = network(dtype, widths), apart(network(dtype, widths))
        other.set_weights(one.get_weights())
        for model in (one, other):
            model.compile(cls(**options), "mse")
        for samples in (6, 4, 6):
            x, y = rng.normal(size=(samples, widths[0])), rng.normal(size=(samples, 3))
            assert one.train_on_batch(x, y) == other.train_on_batch(x, y)
        assert bool(one.optimizer._known) == cls.elementwise
        assert not other.optimizer._known
        for found, expected in zip(one.get_weights(), other.get_weights(), strict=True):
            assert np.array_equal(found, expected)
        for found, expected in zip(one.optimizer.variables, other.optimizer.variables, strict=True):
            assert np.array_equal(found.numpy(), expected.numpy())


def test_weights_that_moved_are_found_where_they_are(rng):
    """A layer in two models lies in the memory of the second; a frozen one is left out."""
    model = network()
    model.compile(optimizers.SGD(0.1), "mse")
    x, y = rng.normal(size=(6, 5)), rng.normal(size=(6, 3))
    model.train_on_batch(x, y)
    apart(model)
    before = model.get_weights()
    model.train_on_batch(x, y)
    assert all((a != b).any() for a, b in zip(model.get_weights(), before, strict=True))


def test_a_weight_with_its_own_decay_is_stepped_alone(rng):
    model = network()
    optimizer = optimizers.SGD(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model.compile(optimizer, "mse")
    model.layers[0].bias.assign(np.ones(4))
    x, y = np.zeros((6, 5)), model(np.zeros((6, 5)))
    model.train_on_batch(x, y)
    assert np.array_equal(model.layers[0].bias.numpy(), np.ones(4))
    assert not optimizer._known
