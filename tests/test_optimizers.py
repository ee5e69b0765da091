"""Every optimizer of the registry: single steps from Keras' own state, its bookkeeping, its names and configs.

Free-running trajectories drift apart, so each hand-written step starts from Keras' weights, slots and gradient, and is
held against Keras' weights and slots after it. From a zero state many mistakes cancel, so there are 50 steps, with
gradients from 1e-8 to 1e4, zeros and changes of sign.
"""

import inspect

import numpy as np
import pytest

import handnn
from handnn import optimizers
from handnn.optimizers import optimizers as registry
from handnn.verify import steps
from handnn.verify.steps import OptimizerState

STEPS = 50
SHAPES = {"float32": ((), (6,)), "float64": ((), (4, 3))}
SHARES = ("momentum", "beta_1", "beta_2", "rho")
FLAGS = ("nesterov", "amsgrad", "centered")
each_optimizer = pytest.mark.parametrize(("name", "cls"), registry.items(), ids=list(registry))


def settings():
    """(class, arguments): defaults; shares that float32 can hold (0.875) and cannot (0.9, with epsilon); each flag."""
    for name, cls in registry.items():
        known = inspect.signature(cls).parameters
        shares = [share for share in SHARES if share in known]
        momentum = {"momentum": 0.9} if "momentum" in known else {}
        epsilon = {"epsilon": 1e-3} if "epsilon" in known else {}
        found = [{}, dict.fromkeys(shares, 0.875) | {"learning_rate": 0.1}, dict.fromkeys(shares, 0.9) | epsilon]
        found += [momentum | {flag: True} for flag in FLAGS if flag in known]
        for options in found:
            yield pytest.param(cls, options, id=f"{name}-{options or 'defaults'}")


each_setting = pytest.mark.parametrize(("cls", "options"), list(settings()))


def weights_of(dtypes, rng):
    return [np.array(rng.normal(size=shape), dtype) for dtype in dtypes for shape in SHAPES[dtype]]


def gradients_for(weights, step, rng):
    """Sizes differ from element to element and from step to step; every third element is 0 now and then."""
    found = []
    for x in weights:
        size = 10.0 ** (rng.uniform(-8, 4, x.shape) if step % 2 else rng.uniform(-8, 4))
        gradient = np.array(rng.choice([-1.0, 1.0], x.shape) * size * rng.uniform(0.5, 1, x.shape), x.dtype)
        gradient.reshape(-1)[::3] *= step % 3 > 0
        found.append(gradient)
    return found


class KerasSide:
    """A Keras optimizer on these weights, its state laid open."""

    def __init__(self, tf, keras, cls, options, weights):
        self.optimizer = getattr(keras.optimizers, cls.__name__)(**options)
        self.variables = [keras.Variable(x, dtype=x.dtype.name, name=f"w{i}") for i, x in enumerate(weights)]
        self.optimizer.build(self.variables)
        self.step = tf.function(lambda gradients: self.optimizer.apply(gradients, self.variables))
        self.tensor = tf.constant

    def state(self):
        slots = []
        for variable in self.variables:
            prefix = f"{variable.path.replace('/', '_')}_"
            own = [slot for slot in self.optimizer.variables if slot.name.startswith(prefix)]
            slots.append({slot.name.removeprefix(prefix): np.array(slot) for slot in own})
        return OptimizerState([np.array(v) for v in self.variables], slots, int(self.optimizer.iterations))

    def apply(self, gradients):
        self.step([self.tensor(gradient) for gradient in gradients])


def check_spliced_steps(judge, side, optimizer, rng, count=STEPS):
    paths = [f"net/{variable.path}/weight" for variable in side.variables]
    before = side.state()
    for step in range(count):
        gradients = gradients_for(before.weights, step, rng)
        side.apply(gradients)
        after = side.state()
        for comparison in steps.optimizer_step(optimizer, before, gradients, after, paths):
            judge(comparison)
        before = after


@each_setting
def test_every_step_from_keras_state_is_keras(cls, options, tf, keras, judge, rng):
    """Scalars, a vector and a matrix, of both dtypes beside each other: Keras casts what it needs for each."""
    side = KerasSide(tf, keras, cls, options, weights_of(("float32", "float64"), rng))
    optimizer = cls(**options)
    assert {frozenset(slots) for slots in side.state().slots} == {frozenset(optimizer.slots_in_use())}
    check_spliced_steps(judge, side, optimizer, rng)


@each_setting
def test_apply_is_the_rule_step_after_step(cls, options, dtype, rng):
    """Slots are kept, steps counted, weights changed in place: bit for bit the rule on copies of its own."""
    optimizer = cls(**options)
    arrays = weights_of([dtype], rng)
    copies = [x.copy() for x in arrays]
    slots = [[np.zeros_like(x) for _ in optimizer.slots_in_use()] for x in copies]
    for step in range(6):
        gradients = gradients_for(arrays, step, rng)
        for gradient in gradients:
            gradient.flags.writeable = False
        returned = optimizer.apply(gradients, arrays)
        rule = cls(**options)
        rule.iterations = step
        for gradient, x, own in zip(gradients, copies, slots, strict=True):
            rule.update_step(gradient, x, *own, work=tuple(np.empty_like(x) for _ in range(rule.buffers)))
        assert all(found is x for found, x in zip(returned, arrays, strict=True))
        assert all(np.array_equal(x, copy) for x, copy in zip(arrays, copies, strict=True))
        assert all(x.dtype == dtype for x in arrays)
        assert optimizer.iterations == step + 1
        for found, own in zip(optimizer.slot_arrays, slots, strict=True):
            assert all(np.array_equal(a, b) for a, b in zip(found, own, strict=True))


@each_optimizer
def test_apply_takes_variables_arrays_and_lists(name, cls, rng):
    start, gradient = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    kept = start.tolist(), gradient.tolist()
    variable, array = handnn.Variable(start, "w"), start.copy()
    results = [
        cls().apply([gradient], [array])[0],
        cls().apply([gradient], [variable])[0],
        cls().apply([gradient.tolist()], [start.copy()])[0],
        cls().apply([handnn.Variable(gradient, "g")], [start.copy()])[0],
        cls().apply([gradient], [kept[0]])[0],
        cls().apply_gradients([(gradient, start.copy())])[0],
        cls().apply_gradients(zip([gradient], [start.copy()], strict=True))[0],
    ]
    assert all(isinstance(result, np.ndarray) and np.array_equal(result, results[0]) for result in results)
    assert results[0] is array
    assert results[1] is variable.value
    assert (start.tolist(), gradient.tolist()) == kept
    assert not np.array_equal(array, start)


@each_optimizer
def test_gradients_of_another_dtype_are_cast_as_in_keras(name, cls, keras, rng):
    start, gradient = rng.normal(size=3).astype("float32"), rng.normal(size=3)
    variable = keras.Variable(start, name="w")
    optimizer = getattr(keras.optimizers, cls.__name__)()
    optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    assert np.array_equal(cls().apply([gradient], [start.copy()])[0], cls().apply([gradient.astype("f")], [start])[0])
    assert start.dtype == variable.dtype == "float32"


# Names, defaults, configs


def built_pair(keras, cls, options):
    pair = []
    for module in (handnn, keras):
        of = module.layers
        model = module.Sequential([module.Input((3,)), of.Dense(2, name="a"), of.Dense(1, name="b")], name="net")
        optimizer = getattr(module.optimizers, cls.__name__)(**options, name="steps")
        optimizer.build(model.trainable_weights)
        pair.append(optimizer)
    return pair


@each_setting
def test_variables_are_named_as_keras_names_them(cls, options, keras):
    ours, theirs = (
        [(v.name, v.path, tuple(v.shape), str(v.dtype)) for v in optimizer.variables]
        for optimizer in built_pair(keras, cls, options)
    )
    assert ours == theirs


@each_setting
def test_config_is_keras(cls, options, keras):
    theirs = getattr(keras.optimizers, cls.__name__)(**options, name="steps")
    ours = cls(**options, name="steps")
    assert ours.get_config() == theirs.get_config()
    for again in (cls.from_config(theirs.get_config()), optimizers.get(keras.optimizers.serialize(theirs))):
        assert (type(again), again.get_config()) == (cls, ours.get_config())
    back = keras.optimizers.deserialize(optimizers.serialize(ours))
    assert back.get_config() == theirs.get_config()


@each_optimizer
def test_defaults_are_keras(name, cls, keras):
    theirs = inspect.signature(getattr(keras.optimizers, cls.__name__).__init__).parameters
    own = dict(inspect.signature(optimizers.Optimizer.__init__).parameters)
    own |= dict(inspect.signature(cls.__init__).parameters)
    for argument, parameter in theirs.items():
        if argument != "self" and parameter.kind is not parameter.VAR_KEYWORD:
            assert own[argument].default == parameter.default, argument


@each_optimizer
def test_identifiers_are_keras(name, cls, keras):
    theirs = getattr(keras.optimizers, cls.__name__)
    for identifier in (name, cls.__name__):
        assert isinstance(keras.optimizers.get(identifier), theirs)
        assert type(optimizers.get(identifier)) is cls
    instance = cls()
    assert optimizers.get(instance) is instance


@each_optimizer
def test_unnamed_optimizers_are_numbered_as_in_keras(name, cls, keras):
    for module in (handnn, keras):
        module.utils.clear_session()
    theirs = getattr(keras.optimizers, cls.__name__)
    assert [cls().name, cls().name] == [theirs().name, theirs().name]


@each_optimizer
def test_learning_rate_is_a_float32_variable_as_in_keras(name, cls, keras):
    ours, theirs = cls(learning_rate=0.1), getattr(keras.optimizers, cls.__name__)(learning_rate=0.1)
    assert ours.learning_rate == float(theirs.learning_rate)
    ours.learning_rate = theirs.learning_rate = 0.3
    assert ours.learning_rate == float(theirs.learning_rate) == float(np.float32(0.3))


def test_keras_rounds_what_it_casts_to_float32(keras):
    """The fact behind `Optimizer.rounded`: a Python float becomes float32 on its way to float64."""
    assert float(keras.ops.cast(0.9, "float64")) == float(np.float32(0.9)) != 0.9
    assert float(keras.ops.cast(0.875, "float64")) == 0.875


# Planted mistakes.


def planted_adam(mistake):
    """Adam's rule written once more, with one thing wrong."""

    def update_step(self, gradient, x, m, v, *_, work):
        m += (gradient - m) * (1 - self.beta_1)
        v += (gradient * gradient - v) * (1 - self.beta_2)
        t = self.iterations + (mistake != "steps counted from 0")
        power_1, power_2 = (self.rounded(beta, x.dtype) ** np.float64(t) for beta in (self.beta_1, self.beta_2))
        lr = self.number(self.learning_rate, x.dtype)
        if mistake == "epsilon inside the correction":
            x -= lr * (m / (1 - power_1)) / (np.sqrt(v / (1 - power_2)) + self.epsilon)
        elif mistake == "no bias correction":
            x -= lr * m / (np.sqrt(v) + self.epsilon)
        elif mistake == "epsilon inside the root":
            x -= lr * np.sqrt(1 - power_2) / (1 - power_1) * m / np.sqrt(v + self.epsilon)
        else:
            x -= lr * np.sqrt(1 - power_2) / (1 - power_1) * m / (np.sqrt(v) + self.epsilon)

    return update_step


MISTAKES = ["epsilon inside the correction", "no bias correction", "epsilon inside the root", "steps counted from 0"]


@pytest.mark.parametrize("mistake", [*MISTAKES, None])
def test_a_wrong_rule_is_seen(mistake, monkeypatch, tf, keras, judge, rng):
    side = KerasSide(tf, keras, optimizers.Adam, {}, weights_of(["float64"], rng))
    monkeypatch.setattr(optimizers.Adam, "update_step", planted_adam(mistake))
    if mistake is None:
        check_spliced_steps(judge, side, optimizers.Adam(), rng, count=10)
        return
    with pytest.raises(AssertionError, match="weight stepped"), np.errstate(divide="ignore", invalid="ignore"):
        check_spliced_steps(judge, side, optimizers.Adam(), rng, count=10)


def test_whole_betas_in_float64_are_seen(monkeypatch, tf, keras, judge, rng):
    side = KerasSide(tf, keras, optimizers.Adam, {}, weights_of(["float64"], rng))
    monkeypatch.setattr(optimizers.Optimizer, "rounded", lambda self, value, dtype: self.number(value, dtype))
    with pytest.raises(AssertionError, match="weight stepped"):
        check_spliced_steps(judge, side, optimizers.Adam(), rng, count=3)


def test_slots_that_are_forgotten_are_seen(monkeypatch, rng):
    monkeypatch.setattr(optimizers.Optimizer, "built", property(lambda self: False))
    with pytest.raises(AssertionError):
        test_apply_is_the_rule_step_after_step(optimizers.Adam, {}, "float64", rng)
