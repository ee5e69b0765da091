"""Every loss behind a small network: verified step by step, trained, and fused where Keras finds the logits."""

import numpy as np
import pytest

import handnn
from handnn import losses
from handnn.losses import losses as registry
from handnn.proof.cases import losses as loss_cases
from handnn.verify import sample_data
from handnn.verify import verify_model
from handnn.rounding.bounded import Bounded

BATCH, OUTPUTS = 9, 4

FORMS = [
    (name, options)
    for name, cls in registry.items()
    for options in loss_cases.variants(cls)
    if set(options) <= {"from_logits", "ignore_class"}
]
each_form = pytest.mark.parametrize(("name", "options"), FORMS, ids=str)
OUTPUT = {"probability": "sigmoid", "positive": "sigmoid", "unit": "softmax", "real": "linear"}


def network(loss, dtype, activation, rng, widths=(5, OUTPUTS)):
    hidden, outputs = widths
    model = handnn.Sequential(
        [
            handnn.Input((3,), dtype=dtype),
            handnn.layers.Dense(hidden, activation="tanh", dtype=dtype, name="hidden"),
            handnn.layers.Dense(outputs, activation=activation, dtype=dtype, name="output"),
        ],
        name="net",
    )
    model.compile(handnn.optimizers.SGD(0.0625), loss)
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return model


def data(loss, rng, outputs=OUTPUTS):
    x, y = rng.normal(size=(BATCH, 3)), sample_data.targets(loss, (BATCH, outputs), rng)
    return x, y, rng.uniform(0.1, 3, BATCH)


def output_for(loss):
    return "linear" if loss.from_logits else OUTPUT[loss.predictions]


@pytest.mark.quick(2)
@each_form
def test_network_is_verified(name, options, dtype, rng):
    loss = registry[name](dtype=dtype, **options)
    model = network(loss, dtype, output_for(loss), rng)
    x, y, weight = data(loss, rng)
    report = verify_model(model, x, y, weight)
    assert report.ok, report.verdict()


@pytest.mark.quick(2)
@pytest.mark.parametrize("reduction", ["sum", "none", "mean_with_sample_weight"])
@pytest.mark.parametrize("name", ["dice", "tversky", "circle", "categorical_hinge"])
def test_network_is_verified_under_other_reductions(name, reduction, rng):
    loss = registry[name](reduction=reduction)
    model = network(loss, "float32", output_for(loss), rng)
    x, y, weight = data(loss, rng)
    report = verify_model(model, x, y, weight)
    assert report.ok, report.verdict()


@pytest.mark.quick(2)
@pytest.mark.parametrize("axis", [0, -1, None, (0, 1)], ids=str)
@pytest.mark.parametrize("name", ["dice", "binary_focal_crossentropy", "cosine_similarity"])
def test_network_is_verified_over_other_axes(name, axis, rng):
    loss = registry[name](axis=axis)
    model = network(loss, "float32", output_for(loss), rng)
    x, y, _ = data(loss, rng)
    report = verify_model(model, x, y)
    assert report.ok, report.verdict()


@pytest.mark.parametrize("name", list(registry))
def test_fit_by_name_lowers_the_loss(name, rng):
    model = network(name, "float32", output_for(registry[name]()), rng)
    model.compile(handnn.optimizers.SGD(2.0**-14), name)  # small enough for the percentages and the circle
    x, y, weight = data(model.loss, rng)
    before = model.evaluate(x, y, sample_weight=weight, verbose=0)
    history = model.fit(x, y, sample_weight=weight, batch_size=BATCH, epochs=20, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert model.evaluate(x, y, sample_weight=weight, verbose=0) < before


@pytest.mark.quick(1, cover={"name": lambda name: registry[name]().predictions})
@pytest.mark.parametrize("name", list(registry))
def test_fit_is_keras_fit(name, keras, tf, rng):
    """A first step from the same weights has the loss of Keras' own `fit`, within what rounding explains."""
    if name == "categorical_generalized_cross_entropy":
        theirs = keras.losses.CategoricalGeneralizedCrossEntropy()  # Keras does not know it by its name
    else:
        theirs = name
    model = network(name, "float32", output_for(registry[name]()), rng)
    x, y, _ = data(model.loss, rng)
    twin = keras.Sequential.from_config(model.get_config())
    twin.set_weights(model.get_weights())
    twin.compile("sgd", theirs, run_eagerly=True)
    expected = twin.fit(x.astype("float32"), y, batch_size=BATCH, verbose=0, shuffle=False).history["loss"][0]
    report = verify_model(model, x, y, optimizer=False)
    found = model.fit(x, y, batch_size=BATCH, verbose=0, shuffle=False).history["loss"][0]
    assert abs(found - expected) <= report["output loss whole"].allowance


# Kept logits.

LOOKING = [
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
]


def test_which_losses_look_for_logits():
    assert {name for name, cls in registry.items() if cls().on_logits().from_logits} == set(LOOKING)


@pytest.mark.quick(3)
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("name", [*LOOKING, "categorical_focal_crossentropy"])
def test_logits_behind_softmax_and_sigmoid(name, from_logits, activation, dtype, rng):
    """So saturated that the fused and the unfused form differ."""
    loss = registry[name](from_logits=from_logits, dtype=dtype)
    model = network(loss, dtype, activation, rng)
    model.set_weights([6 * w for w in model.get_weights()])
    x, y, _ = data(loss, rng)
    looks = name in LOOKING and not (name == "binary_focal_crossentropy" and from_logits)
    assert model.fused is looks
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *given, **options: None)  # Keras asks whether that was intended
        report = verify_model(model, x, y, optimizer=False)
    assert report.ok, report.verdict()


def test_an_ignored_class_hides_the_logits(dtype, rng):
    loss = losses.SparseCategoricalCrossentropy(ignore_class=0, dtype=dtype)
    model = network(loss, dtype, "softmax", rng)
    x, y, weight = data(loss, rng)
    assert not model.fused
    report = verify_model(model, x, y, weight)
    assert report.ok, report.verdict()


def test_fused_and_unfused_forms_are_equal(dtype, assert_agrees, rng):
    for name, activation in (
        ("categorical_crossentropy", "softmax"),
        ("sparse_categorical_crossentropy", "softmax"),
        ("binary_crossentropy", "sigmoid"),
        ("binary_focal_crossentropy", "sigmoid"),
        ("categorical_focal_crossentropy", "softmax"),
    ):
        f = handnn.activations.get(activation)
        fused, plain = (registry[name](from_logits=logits, dtype=dtype) for logits in (True, False))
        y, z = sample_data.targets(fused, (BATCH, OUTPUTS), rng), sample_data.predictions(fused, (BATCH, OUTPUTS), rng)
        y = y if y.dtype.kind == "i" else y.astype(dtype)

        def unfused(z, y=y, f=f, plain=plain):
            a = f.forward(z)
            return plain.values(y, a), f.backward(plain.derivatives(y, a), z, a)

        both = zip(unfused(z), unfused(Bounded(z)), (fused.values, fused.derivatives), strict=True)
        for found, bound, formula in both:
            own = formula(y, Bounded(z))
            assert_agrees(name, formula(y, z), found, type(own)(own.value, np.maximum(own.error, bound.error)))
