"""`apply` and its bookkeeping: slots kept, steps counted, weights changed in place, whatever they come as."""

import numpy as np
import pytest

import handnn
from handnn import optimizers
from handnn.optimizers import optimizers as registry
from handnn.optimizers import recent
from handnn.optimizers.base import BLOCK
from handnn.verify.optimizer_steps import OptimizerState, step_taken

SHAPES = ((), (5,), (4, 3))
each_optimizer = pytest.mark.parametrize(("name", "cls"), registry.items(), ids=list(registry))
each_setting = pytest.mark.parametrize(
    ("cls", "options"),
    [
        pytest.param(cls, options, id=f"{name}-{i}")
        for name, cls in registry.items()
        for i, options in enumerate(({}, *cls.examples))
    ],
)
OPTIONS = {
    "nothing": {},
    "everything": {
        "weight_decay": 0.1,
        "clipnorm": 0.5,
        "use_ema": True,
        "ema_overwrite_frequency": 2,
        "loss_scale_factor": 4.0,
        "gradient_accumulation_steps": 2,
    },
}


@pytest.mark.parametrize("common", OPTIONS)
@each_setting
def test_apply_is_the_step_again_and_again(cls, options, common, dtype, rng):
    """What an optimizer keeps from step to step is what one that is given the state would have."""
    optimizer, other = (cls(**(OPTIONS[common] | options)) for _ in range(2))
    weights = [handnn.Variable(rng.normal(size=s).astype(dtype), name=f"w{i}") for i, s in enumerate(SHAPES)]
    copies = [handnn.Variable(w.value, name=w.name) for w in weights]
    other.build(copies)
    for step in range(6):
        gradients = [rng.normal(size=s).astype(dtype) for s in SHAPES]
        kept = [g.copy() for g in gradients]
        for gradient in gradients:
            gradient.flags.writeable = False
        before = OptimizerState([w.numpy() for w in copies], [v.numpy() for v in other.variables])
        returned = optimizer.apply(gradients, weights)
        copies, other = step_taken(other, before, kept, copies)
        assert all(found is w.value for found, w in zip(returned, weights, strict=True))
        assert all(np.array_equal(w.value, c.value) for w, c in zip(weights, copies, strict=True))
        assert all(np.array_equal(a.value, b.value) for a, b in zip(optimizer.variables, other.variables, strict=True))
        assert all(w.dtype == dtype for w in weights)
        assert optimizer.iterations == (step + 1) // (optimizer.gradient_accumulation_steps or 1)
        assert all(np.array_equal(g, k) for g, k in zip(gradients, kept, strict=True))


@each_optimizer
def test_apply_takes_variables_arrays_and_lists(name, cls, rng):
    start, gradient = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    kept = start.tolist(), gradient.tolist()
    variable, array = handnn.Variable(start, name="w"), start.copy()
    results = [
        cls().apply([gradient], [array])[0],
        cls().apply([gradient], [variable])[0],
        cls().apply([gradient.tolist()], [start.copy()])[0],
        cls().apply([handnn.Variable(gradient, name="g")], [start.copy()])[0],
        cls().apply([gradient], [kept[0]])[0],
        cls().apply_gradients([(gradient, start.copy())])[0],
        cls().apply_gradients(zip([gradient], [start.copy()], strict=True))[0],
    ]
    built = cls()
    built.build([start.copy()])
    results.append(built.apply([gradient])[0])
    assert all(isinstance(result, np.ndarray) and np.array_equal(result, results[0]) for result in results)
    assert results[0] is array
    assert results[1] is variable.value
    assert (start.tolist(), gradient.tolist()) == kept
    assert not np.array_equal(array, start)


@each_optimizer
def test_large_weights_are_walked_in_blocks_to_the_same_end(name, cls, rng):
    """Transposed, an array cannot be walked in blocks; the step is the same."""
    shape = (BLOCK // 50 + 3, 60)
    start, gradients = rng.normal(size=shape), [rng.normal(size=shape) for _ in range(2)]
    whole, blocks = np.asfortranarray(start), start.copy()
    one, other = cls(weight_decay=0.1), cls(weight_decay=0.1)
    one.elementwise = False
    for gradient in gradients:
        one.apply([gradient], [whole])
        other.apply([gradient], [blocks])
    assert not cls.elementwise or np.array_equal(whole, blocks)


def test_nothing_is_allocated_after_the_first_step(monkeypatch, rng):
    for optimizer in (optimizers.SGD(), optimizers.Adam()):
        weights, gradients = [rng.normal(size=(9, 4))], [rng.normal(size=(9, 4))]
        optimizer.apply(gradients, weights)
        for function in ("empty", "zeros", "empty_like", "zeros_like"):
            monkeypatch.setattr(np, function, lambda *a, f=function: pytest.fail(f"np.{f}"))
        slots = [id(v.value) for v in optimizer.variables[2:]]
        optimizer.apply(gradients, weights)
        assert slots == [id(v.value) for v in optimizer.variables[2:]]
        monkeypatch.undo()


@pytest.mark.quick(7)
@each_optimizer
def test_gradients_of_another_dtype_are_cast_as_in_keras(name, cls, keras, rng):
    start, gradient = rng.normal(size=3).astype("float32"), rng.normal(size=3)
    variable = keras.Variable(start, name="w")
    optimizer = getattr(keras.optimizers, cls.__name__)()
    optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    assert np.array_equal(cls().apply([gradient], [start.copy()])[0], cls().apply([gradient.astype("f")], [start])[0])
    assert start.dtype == variable.dtype == "float32"


@pytest.mark.quick(7)
@each_optimizer
def test_a_weight_without_a_gradient_stays_as_in_keras(name, cls, keras, rng):
    start = [rng.normal(size=(3, 2)).astype("float32") for _ in range(2)]
    theirs = [keras.Variable(x, name="w") for x in start]
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        getattr(keras.optimizers, cls.__name__)().apply([None, keras.ops.ones((3, 2))], theirs)
    with pytest.warns(UserWarning, match="no gradient for weight 0: left unchanged"):
        ours = cls().apply([None, np.ones((3, 2))], [x.copy() for x in start])
    assert np.array_equal(ours[0], start[0]) and np.array_equal(theirs[0], start[0])
    assert not np.array_equal(ours[1], start[1])


def test_no_weight_no_step(keras):
    """A frozen network: Keras' `apply` returns before it counts."""
    ours, theirs = optimizers.SGD(), keras.optimizers.SGD()
    ours.apply_gradients([])
    theirs.apply([])
    assert ours.iterations == int(theirs.iterations) == 0


@pytest.mark.parametrize("cls", {cls.__name__: cls for _, cls in (*registry.items(), *recent.items())}.values())
def test_an_optimizer_of_no_weights_is_built(cls):
    optimizer = cls()
    optimizer.build([])
    assert optimizer.built and all(slot.weight is None for slot in optimizer.all_slots())


class Unit(optimizers.Optimizer):
    """A step of length lr for every weight: a rule without slots that needs all elements of one weight."""

    elementwise = False

    def update_step(self, gradient, x, *slots, work):
        x -= np.multiply(gradient, self.rate / np.sqrt(np.sum(gradient * gradient)), out=work[0])


def test_a_rule_that_is_not_elementwise_gets_every_weight_alone(rng):
    """Also where the weights and gradients of a network are adjacent in memory."""
    model = handnn.Sequential([handnn.Input((3,)), handnn.layers.Dense(4, "tanh"), handnn.layers.Dense(2)])
    model.compile(Unit(0.1), "mse")
    x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    before, (_, gradients) = [w.copy() for w in model.get_weights()], model.loss_and_gradients(x, y)
    alone = [Unit(0.1).apply([g.copy()], [w])[0] for g, w in zip(gradients, before, strict=True)]
    model.train_on_batch(x, y)
    assert all(map(np.array_equal, model.get_weights(), alone))


def test_weights_of_the_same_name_have_slots_of_their_own(rng):
    weights = [handnn.Variable(np.zeros(2), name="w") for _ in range(2)]
    optimizer = optimizers.Adam()
    optimizer.apply([np.ones(2), -np.ones(2)], weights)
    assert np.array_equal(weights[0].value, -weights[1].value)
    assert optimizer.variables[2].value[0] == -optimizer.variables[4].value[0] > 0


def test_state_can_be_read_and_put_back(rng):
    weights = [rng.normal(size=(3, 2))]
    one, other = optimizers.Adam(0.1), optimizers.Adam(0.5)
    for _ in range(3):
        one.apply([rng.normal(size=(3, 2))], weights)
    copies = [weights[0].copy()]
    with pytest.raises(ValueError, match="build"):
        other.set_weights(one.variables)
    other.build(copies)
    with pytest.raises(ValueError, match="shapes"):
        other.set_weights(one.variables[1:])
    other.set_weights(one.variables)
    for optimizer, own in ((one, weights), (other, copies)):
        optimizer.apply([np.ones((3, 2))], own)
    assert np.array_equal(weights[0], copies[0])
    assert other.iterations == 4
