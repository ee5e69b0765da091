"""Names, signatures, configs and call conventions of `keras.losses`."""

import inspect

import numpy as np
import pytest

import handnn
from handnn import losses
from handnn.losses import losses as registry
from handnn.proof.cases import losses as loss_cases
from handnn.proof.not_supported import ABSENT

each_loss = pytest.mark.parametrize(("name", "cls"), registry.items(), ids=list(registry))
UNKNOWN_TO_GET = "categorical_generalized_cross_entropy"
"""Keras exports this one, and forgot it in the table that `keras.losses.get` reads."""


def public(module):
    return {name for name in dir(module) if not name.startswith("_")}


def test_every_public_name_is_here_or_has_a_reason(keras):
    missing = public(keras.losses) - set(losses.__all__)
    assert missing == set(ABSENT["losses"])
    assert all(ABSENT["losses"].values())


def test_a_missing_loss_would_be_seen(keras, monkeypatch):
    monkeypatch.setattr(losses, "__all__", [name for name in losses.__all__ if name != "Dice"])
    with pytest.raises(AssertionError):
        test_every_public_name_is_here_or_has_a_reason(keras)


def parameters(function):
    return [(p.name, p.default) for p in inspect.signature(function).parameters.values()]


@each_loss
def test_constructor_is_keras(name, cls, keras):
    """Names, order and defaults; the name's default is Keras' own, written None where it follows from the class."""
    theirs = parameters(getattr(keras.losses, cls.__name__))
    ours = [(p, cls().name if p == "name" else default) for p, default in parameters(cls)]
    assert ours == theirs


def test_base_class_is_keras(keras):
    assert parameters(losses.Loss) == parameters(keras.losses.Loss)


@pytest.mark.parametrize("name", [name for name in losses.__all__ if inspect.isfunction(getattr(losses, name))])
def test_function_is_keras(name, keras):
    if name in ("get", "serialize", "deserialize"):  # `get` takes a dtype besides
        assert parameters(getattr(losses, name))[0][0] == parameters(getattr(keras.losses, name))[0][0]
    else:
        assert parameters(getattr(losses, name)) == parameters(getattr(keras.losses, name))


IN_CONFIG_HERE = {"Huber": {"delta"}, "CosineSimilarity": {"axis"}}
"""What Keras leaves out of get_config."""


@each_loss
def test_config_goes_both_ways(name, cls, keras):
    theirs = getattr(keras.losses, cls.__name__)
    known = inspect.signature(cls).parameters
    options = {option: value for option, value in loss_cases.ALTERNATIVES.items() if option in known}
    ours = cls(name="mine", reduction="sum", **options)
    more = IN_CONFIG_HERE.get(cls.__name__, set())
    config, expected = ours.get_config(), theirs(name="mine", reduction="sum", **options).get_config()
    assert set(config) == set(expected) | more
    assert all(config[key] == value for key, value in expected.items())
    assert theirs.from_config(config).get_config() == expected
    assert cls.from_config(expected).get_config() == config | {key: getattr(cls(), key) for key in more}
    again = losses.get(losses.serialize(ours))
    assert (type(again), again.get_config()) == (cls, config)
    if name != UNKNOWN_TO_GET:
        theirs_again = keras.losses.deserialize(losses.serialize(ours))
        assert (type(theirs_again), theirs_again.get_config()) == (theirs, expected)
    assert type(losses.deserialize(keras.losses.serialize(theirs()))) is cls


@each_loss
def test_name_is_keras_for_every_instance(name, cls, keras):
    assert [cls().name, cls().name] == [getattr(keras.losses, cls.__name__)().name] * 2


def test_identifiers_are_keras(keras):
    found = {}
    for identifier, meant in keras.src.losses.ALL_OBJECTS_DICT.items():
        cls = getattr(meant, "__name__", "")
        if identifier not in ("Loss", "LossFunctionWrapper", "CTC", "ctc"):
            found[identifier] = registry[identifier]
            assert cls in (registry[identifier].__name__, handnn.core.naming.snake_case(registry[identifier].__name__))
    assert set(found.values()) == {cls for name, cls in registry.items() if name != UNKNOWN_TO_GET}
    ours = set(registry._entries) - {UNKNOWN_TO_GET, "CategoricalGeneralizedCrossEntropy"}
    assert ours == set(found)


@each_loss
def test_get_takes_what_keras_takes(name, cls):
    instance = cls()
    assert losses.get(instance) is instance
    for identifier in (name, cls.__name__, cls, getattr(losses, name), losses.serialize(instance)):
        assert type(losses.get(identifier)) is cls
    assert losses.get(name, dtype="float64").dtype == "float64"


def test_get_of_nothing_and_of_nonsense():
    assert losses.get(None) is None
    with pytest.raises(TypeError, match="loss"):
        losses.get(3)
    with pytest.raises(ValueError, match="huber"):
        losses.get("hubert")


def test_deserialize_with_a_loss_of_ones_own():
    class Own(losses.Loss):
        def values(self, y_true, y_pred):
            return np.abs(y_true - y_pred).max(axis=-1)

    own = {"Own": Own}
    found = losses.deserialize({"class_name": "Own", "config": {"name": "mine"}}, own)
    assert (type(found), found.name) == (Own, "mine")
    assert found(np.eye(3), np.zeros((3, 3))) == 1
    assert type(losses.deserialize("Own", own)) is Own


def test_command_line_lists_every_loss():
    from click.testing import CliRunner

    from handnn.cli.train import command

    shown = "".join(CliRunner().invoke(command, ["--help"]).output.split())
    assert all(name in shown for name in registry)
