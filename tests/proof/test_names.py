"""Every public name of the installed Keras is there, or in the table of what is not supported, with its reason."""

import pytest

import handnn
from handnn.proof.not_supported import ABSENT

MODULES = [
    "activations",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "random",
    "regularizers",
    "saving",
    "schedules",
    "utils",
]
NO_NAME = "top level"


def module_of(package, name):
    if name == NO_NAME:
        return package
    return package.optimizers.schedules if name == "schedules" else getattr(package, name)


def public(module):
    return {name for name in dir(module) if not name.startswith("_")}


def neither(keras, name):
    ours = module_of(handnn, name)
    return sorted(n for n in public(module_of(keras, name)) if not hasattr(ours, n) and n not in ABSENT.get(name, {}))


@pytest.mark.parametrize("name", [*MODULES, NO_NAME])
def test_a_public_name_is_there_or_in_the_table(name, keras):
    assert not neither(keras, name)


@pytest.mark.parametrize("name", ABSENT)
def test_the_table_lists_only_names_of_keras_that_are_missing(name, keras):
    theirs, ours = module_of(keras, name), module_of(handnn, name)
    assert all(ABSENT[name].values())
    assert not [n for n in ABSENT[name] if not hasattr(theirs, n)]
    assert not [n for n in ABSENT[name] if hasattr(ours, n)]


def test_a_name_that_is_neither_is_seen(keras, monkeypatch):
    monkeypatch.delitem(ABSENT["ops"], "fft")
    monkeypatch.delattr(handnn.callbacks, "LambdaCallback")
    assert neither(keras, "ops") == ["fft"] and neither(keras, "callbacks") == ["LambdaCallback"]
