"""Names, signatures, defaults and configs are those of `keras.optimizers`."""

import inspect

import numpy as np
import pytest

import handnn
from handnn import optimizers
from handnn.optimizers import optimizers as registry
from handnn.optimizers import schedules, wrappers
from handnn.proof.not_supported import ABSENT

each_optimizer = pytest.mark.parametrize(("name", "cls"), registry.items(), ids=list(registry))
EVERYTHING = {"use_ema": True, "gradient_accumulation_steps": 3, "weight_decay": 0.1, "global_clipnorm": 2.0}
each_setting = pytest.mark.parametrize(
    ("cls", "options"),
    [
        pytest.param(cls, options, id=f"{name}-{i}")
        for name, cls in registry.items()
        for i, options in enumerate(({}, *cls.examples, EVERYTHING))
    ],
)


def public(module):
    return {name for name in vars(module) if not name.startswith("_")}


def test_every_optimizer_of_keras_is_there(keras):
    ours = {cls.__name__ for _, cls in (*registry.items(), *wrappers.items())} | {"Optimizer", "OptimizerMap"}
    ours |= {"get", "serialize", "deserialize", "schedules"}
    assert public(keras.optimizers) == ours | set(ABSENT["optimizers"])
    assert not ours & set(ABSENT["optimizers"])
    assert all(hasattr(optimizers, name) for name in ours)


def test_every_schedule_of_keras_is_there(keras):
    ours = {cls.__name__ for _, cls in schedules.schedules.items()} | {"LearningRateSchedule"}
    ours |= {"serialize", "deserialize"}
    assert public(keras.optimizers.schedules) == ours | set(ABSENT["schedules"])
    assert handnn.optimizers.schedules.ExponentialDecay is schedules.ExponentialDecay


def parameters(cls):
    found = list(inspect.signature(cls.__init__).parameters.values())[1:]
    return [(p.name, p.default) for p in found if p.kind is not p.VAR_KEYWORD]


CLASSES = [cls for _, cls in (*registry.items(), *wrappers.items())]
CLASSES.append(optimizers.OptimizerMap)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_signatures_are_keras(cls, keras):
    assert parameters(cls) == parameters(getattr(keras.optimizers, cls.__name__))


@pytest.mark.parametrize(("name", "cls"), schedules.schedules.items(), ids=list(schedules.schedules))
def test_signatures_of_schedules_are_keras(name, cls, keras):
    assert parameters(cls) == parameters(getattr(keras.optimizers.schedules, cls.__name__))


def built_pair(keras, cls, options):
    pair = []
    for module in (handnn, keras):
        module.utils.clear_session()
        stack = [module.layers.Dense(2, name="a", dtype="float64"), module.layers.Dense(1, name="b")]
        model = module.Sequential([module.Input((3,)), *stack], name="net")
        optimizer = getattr(module.optimizers, cls.__name__)(**options, name="steps")
        optimizer.build(model.trainable_weights)
        pair.append((optimizer, model))
    return pair


@pytest.mark.quick(14, cover="cls")
@each_setting
def test_variables_are_named_and_start_as_in_keras(cls, options, keras):
    (ours, model), (theirs, _) = built_pair(keras, cls, options)
    described = [[(v.name, v.path, tuple(v.shape), str(v.dtype)) for v in o.variables] for o in (ours, theirs)]
    assert not any(v.trainable for v in ours.variables)  # Keras forgot it for Nadam's product of momenta
    assert described[0] == described[1]
    if cls is not optimizers.ScheduleFreeAdamW:  # whose momentum is the weight
        assert all(np.array_equal(a.value, b) for a, b in zip(ours.variables, theirs.variables, strict=True))
    else:
        starts = [slot.variable for slot in ours.all_slots() if slot.slot == "momentum"]
        assert all(np.array_equal(s.value, w) for s, w in zip(starts, model.get_weights(), strict=True))


@each_setting
def test_config_is_keras(cls, options, keras):
    theirs = getattr(keras.optimizers, cls.__name__)(**options, name="steps")
    ours = cls(**options, name="steps")
    assert ours.get_config() == theirs.get_config()
    for again in (cls.from_config(theirs.get_config()), optimizers.get(keras.optimizers.serialize(theirs))):
        assert (type(again), again.get_config()) == (cls, ours.get_config())
    back = type(theirs).from_config(ours.get_config())
    assert back.get_config() == theirs.get_config()
    assert optimizers.serialize(ours) == keras.optimizers.serialize(theirs)


@each_optimizer
def test_identifiers_are_keras(name, cls, keras):
    theirs = getattr(keras.optimizers, cls.__name__)
    for identifier in (name, cls.__name__, name.upper()):
        if cls is not optimizers.Lamb:  # forgotten in keras.optimizers.ALL_OBJECTS
            assert isinstance(keras.optimizers.get(identifier), theirs)
        assert type(optimizers.get(identifier)) is cls
    instance = cls()
    assert optimizers.get(instance) is instance
    assert optimizers.get(None) is keras.optimizers.get(None) is None


def test_keras_does_not_know_lamb_by_name(keras):
    with pytest.raises(ValueError, match="Could not interpret optimizer identifier"):
        keras.optimizers.get("lamb")


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
