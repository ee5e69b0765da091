"""The everyday cases: few, the same every day, and among them every registry entry held against TensorFlow."""

from types import SimpleNamespace

import pytest

from handnn import activations, constraints, layers, losses, metrics, optimizers, regularizers
from handnn.layers.attention.base import Attending
from handnn.layers.merging.base import Merge
from handnn.optimizers import schedules
from tests.layers.test_recurrent_networks import outermost

MERGING = [name for name, cls in layers.layers.items() if issubclass(cls, Merge)]
ATTENDING = [name for name, cls in layers.layers.items() if issubclass(cls, Attending)]
OF_LAYERS = ("rnn", "bidirectional", "time_distributed")
CELLS = tuple(name for name, cls in layers.layers.items() if hasattr(cls, "state_size"))
OTHERWISE = {
    "layers": ("input_layer", *CELLS),  # it computes nothing; cells are held in an RNN
    "metrics": ("mean", "sum", "mean_metric_wrapper", "r2_score"),  # not of pairs: tests/metrics/test_means.py
    "regularizers": ("regularizer",),  # the base class
}
REGISTRIES = {
    "activations": activations.activations,
    "losses": losses.losses,
    "layers": [name for name in layers.layers if name not in (*MERGING, *ATTENDING, *OF_LAYERS)],
    "merging layers": MERGING,
    "attention layers": ATTENDING,
    "layers of layers": OF_LAYERS,
    "optimizers": optimizers.optimizers,
    "wrappers": optimizers.wrappers,
    "schedules": schedules.schedules,
    "metrics": metrics.metrics,
    "regularizers": regularizers.regularizers,
    "constraints": constraints.constraints,
}


def named_in(registry):
    """A function from a class to its name in the registry."""
    return lambda cls: next(name for name, entry in registry.items() if entry is cls or type(entry) is cls)


PROOFS = {
    "activations": (
        "activations/test_tensorflow.py::test_forward_and_vector_jacobian_product_are_tensorflows",
        lambda of: of["entry"].name,
    ),
    "losses": ("losses/test_against_keras.py::test_value_and_gradient_are_keras", lambda of: of["name"]),
    "layers": ("layers/test_core.py::test_formulas_are_keras", lambda of: of["name"]),
    "merging layers": (
        "layers/test_merging.py::test_formulas_are_keras",
        lambda of: named_in(layers.layers)(of["case"][0]),
    ),
    "attention layers": (
        "layers/test_attention.py::test_formulas_are_keras",
        lambda of: named_in(layers.layers)(of["case"].cls),
    ),
    "layers of layers": (
        "layers/test_recurrent_networks.py::test_layers_made_of_others_are_keras",
        lambda of: outermost(of["made"]),
    ),
    "optimizers": (
        "optimizers/test_steps.py::test_every_step_from_keras_state_is_keras",
        lambda of: named_in(optimizers.optimizers)(of["cls"]),
    ),
    "wrappers": (
        "optimizers/test_wrappers.py::test_every_step_from_keras_state_is_keras",
        lambda of: "lossscaleoptimizer" if "loss scale" in of["name"] else "multioptimizer",
    ),
    "schedules": (
        "optimizers/test_schedules.py::test_every_step_is_keras",
        lambda of: named_in(schedules.schedules)(getattr(schedules, of["name"])),
    ),
    "metrics": (
        "metrics/test_streams.py::test_streams_are_keras",
        lambda of: named_in(metrics.metrics)(of["cls"]),
    ),
    "regularizers": (
        "test_regularizers.py::test_penalty_and_gradient_are_tensorflows",
        lambda of: of["name"],
    ),
    "constraints": ("test_constraints.py::test_constrained_weights_are_keras", lambda of: of["name"]),
}
"""Of each registry the test that holds every entry against TensorFlow, and which entry its parameters say."""


def cases_of(kind, items):
    return [item for item in items if item.nodeid.removeprefix("tests/").startswith(f"{PROOFS[kind][0]}[")]


def lacking(items):
    """Registry entries that none of these cases holds against TensorFlow, and dtypes in which none does."""
    missing = set()
    for kind, entries in REGISTRIES.items():
        cases = [item.callspec.params for item in cases_of(kind, items)]
        found = {PROOFS[kind][1](params) for params in cases}
        missing |= {(kind, name) for name in entries if name not in (*found, *OTHERWISE.get(kind, ()))}
        dtypes = {params["dtype"] for params in cases if "dtype" in params}
        missing |= {(kind, dtype) for dtype in ("float32", "float64") if dtypes and dtype not in dtypes}
    return missing


@pytest.fixture
def chosen(request):
    """All cases of this run, which must be that of the whole suite."""
    if request.config.args_source is pytest.Config.ArgsSource.ARGS or request.config.option.keyword:
        pytest.skip("asked where the whole suite runs")
    return request.session.items


def test_every_registry_entry_is_held_against_tensorflow_every_day(chosen):
    assert not lacking(chosen)


@pytest.mark.parametrize(
    ("kind", "entry"),
    [("activations", "tanh"), ("losses", "huber"), ("layers", "dense"), ("merging layers", "add"),
     ("optimizers", "adam"), ("schedules", "cosine_decay"), ("metrics", "accuracy"), ("regularizers", "l2"),
     ("constraints", "max_norm")],
)  # fmt: skip
def test_an_entry_that_is_left_out_is_seen(kind, entry, chosen):
    its_own = {id(item) for item in cases_of(kind, chosen) if PROOFS[kind][1](item.callspec.params) == entry}
    assert its_own and (kind, entry) in lacking([item for item in chosen if id(item) not in its_own])


def test_a_dtype_that_is_left_out_is_seen(chosen):
    assert ("losses", "float64") in lacking(
        [item for item in chosen if getattr(item, "callspec", None) is None or "float64" not in item.nodeid]
    )


# ---- how they are chosen --------------------------------------------------------------------------------------------


def case(marks=(), **params):
    marks = {mark.name: mark for mark in (getattr(m, "mark", m) for m in marks)}
    return SimpleNamespace(callspec=SimpleNamespace(params=params), get_closest_marker=marks.get)


def grid(*marks):
    return [case(marks, x=x, y=y) for x in range(5) for y in "ab"]


def values(cases, name):
    return {item.callspec.params[name] for item in cases}


def test_every_value_occurs_once_and_the_same_cases_every_day(quick_cases):
    found = quick_cases("test", grid())
    assert len(found) == 5 and values(found, "x") == set(range(5)) and values(found, "y") == {"a", "b"}
    again = quick_cases("test", grid())
    assert [item.callspec.params for item in found] == [item.callspec.params for item in again]


def test_cover_names_what_must_occur(quick_cases):
    found = quick_cases("test", grid(pytest.mark.quick(cover="y")))
    assert len(found) == 2 and values(found, "y") == {"a", "b"}
    assert len(quick_cases("test", grid(pytest.mark.quick(cover={"x": lambda x: x > 2})))) == 2
    for cover in (("x", "y"), {"x": None, "y": None}):
        assert len(quick_cases("test", grid(pytest.mark.quick(cover=cover)))) == 5


def test_at_most_n_cases_cover_most(quick_cases):
    found = quick_cases("test", grid(pytest.mark.quick(3)))
    assert len(found) == 3 == len(values(found, "x")) and values(found, "y") == {"a", "b"}
    assert len(quick_cases("test", grid(pytest.mark.quick(2, cover="x")))) == 2
