"""The rules of `rounding.RULES` carry every registered formula without a gap, and stay sound on the way.

Sound: no real error above the bound. A formula in float32 is held against itself in float64, whose own rounding is
nine digits further down.
"""

import inspect

import numpy as np
import pytest

import handnn
from handnn import activations, constraints, losses, optimizers, regularizers
from handnn.verify import optimizer_steps
from handnn.rounding.bounded import Bounded


def exact(array):
    return np.asarray(array, "float64")


def draw(rng, *shape, scale=1.0):
    return (rng.normal(size=shape) * scale).astype("float32")


def check_sound(formula, *arrays):
    """Same bits as on plain arrays, and no real error above the bound."""
    bounded, plain = formula(*map(Bounded, arrays)), formula(*arrays)
    assert isinstance(bounded, Bounded) or np.array_equal(plain, formula(*map(exact, arrays)))
    error = np.abs(exact(plain) - formula(*map(exact, arrays)))
    limit = getattr(bounded, "error", 0.0)
    assert np.array_equal(getattr(bounded, "value", bounded), plain)
    assert np.all(error <= limit)


@pytest.mark.parametrize("name", list(activations.activations))
@pytest.mark.parametrize("scale", [0.1, 3.0, 60.0])
def test_activation_is_sound(name, scale, rng):
    f = activations.get(name)
    z = draw(rng, 150, 20, scale=scale)
    z.flat[::31] = 0
    if name == "exponential":
        z = np.minimum(z, 80)  # beyond, it overflows
    a = f.forward(z)
    upstream = draw(rng, *a.shape)
    check_sound(f.forward, z)
    check_sound(f.backward, upstream, z, a)


@pytest.mark.parametrize(
    ("name", "from_logits"),
    [
        (name, logits)
        for name, cls in losses.losses.items()
        for logits in ((False, True) if "from_logits" in cls().get_config() else (False,))
    ],
)
def test_loss_is_sound(name, from_logits, rng):
    cls = losses.losses[name]
    known = cls().get_config()
    options = {"from_logits": from_logits} if "from_logits" in known else {}
    if "label_smoothing" in known:
        options["label_smoothing"] = 0.1
    loss = cls(reduction="mean_with_sample_weight", dtype="float32", **options)
    logits = from_logits or cls.predictions == "real"
    y_pred = draw(rng, 300, 10, scale=4) if logits else rng.dirichlet(np.ones(10), 300).astype("float32")
    y = rng.integers(0, 10, 300) if cls.targets == "labels" else rng.dirichlet(np.ones(10), 300).astype("float32")
    weight = rng.uniform(0.1, 2, 300).astype("float32")
    labels = () if cls.targets == "labels" else (y,)

    def call(method):
        return lambda y_pred, weight, *given: method(given[0] if given else y, y_pred, weight)

    check_sound(call(lambda y, p, w: loss.values(y, p)), y_pred, weight, *labels)
    check_sound(call(lambda y, p, w: loss.reduce(loss.values(y, p), w, y)), y_pred, weight, *labels)
    check_sound(call(lambda y, p, w: loss.gradient_of_reduced(y, p, w)), y_pred, weight, *labels)


@pytest.mark.parametrize("name", list(regularizers.regularizers))
def test_regularizer_is_sound(name, rng):
    cls = regularizers.regularizers[name]
    known = [argument for argument in ("l1", "l2", "factor") if argument in inspect.signature(cls).parameters]
    regularizer = cls(**dict.fromkeys(known, 0.1))
    for x in (draw(rng, 30, 20), draw(rng, 30, 20) * draw(rng, 30, 1, scale=1e3)):
        check_sound(regularizer, x)
        check_sound(regularizer.gradient, x)


@pytest.mark.parametrize("name", list(constraints.constraints))
def test_constraint_is_sound(name, rng):
    for size in (1e-6, 1e-2, 1.0, 10.0):
        check_sound(constraints.constraints[name](), draw(rng, 40, 20, scale=size))


OPTIMIZERS = [
    pytest.param(cls, options, id=f"{name}-{i}")
    for name, cls in optimizers.optimizers.items()
    for i, options in enumerate(({}, *cls.examples))
]
EVERYTHING = {"weight_decay": 0.1, "clipnorm": 1.5, "use_ema": True, "loss_scale_factor": 3.0}


@pytest.mark.parametrize("iterations", [0, 9, 4000])
@pytest.mark.parametrize("common", [{}, EVERYTHING], ids=["alone", "everything"])
@pytest.mark.parametrize(("cls", "options"), OPTIMIZERS)
@np.errstate(invalid="ignore")
def test_optimizer_step_is_sound(cls, options, common, iterations, rng):
    """The same step from the same numbers in float64 lies within the bound of the one in float32."""
    optimizer = cls(**({"learning_rate": 0.0625} | common | options))
    for size in (1.0, 1e-4, 1e-7):
        weights = [handnn.Variable(draw(rng, *shape), name=f"w{i}") for i, shape in enumerate(((30,), (6, 5)))]
        optimizer = optimizer.unbuilt()
        optimizer.build(weights)
        slots = [draw(rng, *v.shape, scale=size**2) for v in optimizer.variables[2:]]
        kinds = [v.value.dtype for v in optimizer.variables[2:]]
        slots = [np.abs(s).astype(kind) for s, kind in zip(slots, kinds, strict=True)]
        state = [np.int64(iterations), optimizer.variables[1].value, *slots]
        gradients = [draw(rng, *w.shape, scale=size) for w in weights]
        narrow = optimizer_steps.OptimizerState([w.value for w in weights], state)
        wide = optimizer_steps.OptimizerState(*[[exact(a) if a.dtype == "float32" else a for a in p] for p in narrow])
        runs = [
            optimizer_steps.step_taken(optimizer, before, given, weights, kind)
            for before, given, kind in (
                (narrow, gradients, np.array),
                (narrow, gradients, Bounded),
                (wide, [exact(g) for g in gradients], np.array),
            )
        ]
        found, bounded, reference = ([w.value for w in after] + slot_values(own) for after, own in runs)
        for plain, limited, value in zip(found, bounded, reference, strict=True):
            known = np.isfinite(plain)  # RMSprop's v - a^2 may be negative for slots drawn at random
            assert np.all((np.abs(limited.value - plain) <= limited.error)[known])  # powers of scalars differ
            assert np.all((np.abs(plain - value) <= limited.error)[known])


def slot_values(optimizer):
    return [slot.variable.value for slot in optimizer.all_slots() if slot.variable.value.dtype.kind == "f"]
