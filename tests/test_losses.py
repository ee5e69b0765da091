"""Every loss of the registry, value and gradient, against Keras' loss object, and against its own values."""

import inspect
from itertools import product

import numpy as np
import pytest

import handnn
from handnn import activations, losses
from handnn.losses import REDUCTIONS
from handnn.losses import losses as registry
from handnn.verify import oracles, verify_model
from handnn.verify.rounding import Bounded

ROWS, CLASSES, SMOOTHING = 9, 4, 0.1


def variants(*targets):
    """Each loss (of these targets) with each of its own options: (name, {'from_logits': ...})."""
    for name, cls in registry.items():
        if targets and cls.targets not in targets:
            continue
        known = inspect.signature(cls).parameters
        choices = [
            [(option, value) for value in values]
            for option, values in (("from_logits", (False, True)), ("label_smoothing", (0.0, SMOOTHING)))
            if option in known
        ]
        for choice in product(*choices):
            yield name, dict(choice)


each_loss = pytest.mark.parametrize(("name", "cls"), registry.items(), ids=list(registry))
each_variant, variant_of_numbers, variant_of_labels = (
    pytest.mark.parametrize(("name", "options"), list(variants(*targets)), ids=str)
    for targets in ((), ("real", "binary"), ("labels",))
)


def batch(loss, shape, rng):
    """y_true and y_pred of the loss' domain, y_pred of this shape."""
    if loss.targets == "labels":
        y_true = rng.integers(0, shape[-1], shape[:-1])
    elif loss.targets == "one_hot":  # hard labels in the first half of the rows, soft ones in the others
        hard = np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]
        soft = rng.dirichlet(np.ones(shape[-1]), shape[:-1])
        y_true = np.where(np.arange(shape[0]).reshape(-1, *[1] * (len(shape) - 1)) % 2, soft, hard)
    elif loss.targets == "binary":
        y_true = np.where(rng.random(shape) < 0.5, rng.random(shape), rng.integers(0, 2, shape))
    else:
        y_true = rng.normal(size=shape)
    if loss.predictions == "probability" and not loss.from_logits:
        y_pred = rng.uniform(0.02, 0.98, shape)
    else:
        y_pred = 3 * rng.normal(size=shape)
    y_pred = y_pred.astype(loss.dtype)
    if loss.targets == "real":  # where they are equal, |y_pred - y_true| has its kink
        y_true.flat[::5] = y_pred.flat[::5]
    return y_true.astype("int64" if loss.targets == "labels" else loss.dtype), y_pred


def keras_twin(keras, loss):
    return getattr(keras.losses, type(loss).__name__)(**loss.get_config(), dtype=loss.dtype)


def keras_value_and_gradient(tf, twin, y_true, y_pred, weight):
    y_pred = tf.constant(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(y_pred)
        value = twin(tf.constant(y_true), y_pred, weight)
        target = tf.reduce_sum(value)
    return value.numpy(), tape.gradient(target, y_pred).numpy()


def check_against_keras(agree, tf, keras, loss, y_true, y_pred, weight=None):
    value, gradient = keras_value_and_gradient(tf, keras_twin(keras, loss), y_true, y_pred, weight)
    y, p = loss.prepare(y_true, y_pred)
    w = loss.prepare_weight(weight, p)
    bound = loss.reduce(loss.values(y, Bounded(p)), w)
    agree(f"{loss.name} value", np.asarray(loss(y_true, y_pred, weight)), value, bound)
    slopes = loss.scaled_slopes(y, Bounded(p), w)
    agree(f"{loss.name} gradient", loss.gradient(y_true, y_pred, weight), gradient.reshape(p.shape), slopes)


@each_variant
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("reduction", REDUCTIONS, ids=str)
def test_value_and_gradient_are_keras(name, options, reduction, weighted, dtype, tf, keras, agree, rng):
    loss = registry[name](reduction=reduction, dtype=dtype, **options)
    y_true, y_pred = batch(loss, (ROWS, CLASSES), rng)
    weight = np.append(rng.uniform(0.1, 3, ROWS - 1), 0).astype(dtype) if weighted else None
    check_against_keras(agree, tf, keras, loss, y_true, y_pred, weight)


@each_variant
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "none"])
@pytest.mark.parametrize("shape", [(CLASSES,), (1, CLASSES), (ROWS, 2), (ROWS, 3, CLASSES)], ids=str)
def test_shapes(name, options, shape, reduction, tf, keras, agree, rng):
    loss = registry[name](reduction=reduction, **options)
    y_true, y_pred = batch(loss, shape, rng)
    check_against_keras(agree, tf, keras, loss, y_true, y_pred)
    if len(shape) > 1:
        check_against_keras(agree, tf, keras, loss, y_true, y_pred, rng.uniform(0.1, 3, shape[:-1]).astype("float32"))


@variant_of_numbers
def test_rows_of_one_number_may_come_flat(name, options, tf, keras, agree, rng):
    loss = registry[name](**options)
    y_true, y_pred = batch(loss, (ROWS, 1), rng)
    check_against_keras(agree, tf, keras, loss, y_true, y_pred)
    check_against_keras(agree, tf, keras, loss, y_true[:, 0], y_pred)
    check_against_keras(agree, tf, keras, loss, y_true, y_pred[:, 0])


@variant_of_labels
def test_labels_may_stand_in_a_column_or_be_floats(name, options, tf, keras, agree, rng):
    loss = registry[name](**options)
    y_true, y_pred = batch(loss, (ROWS, CLASSES), rng)
    check_against_keras(agree, tf, keras, loss, y_true[:, np.newaxis], y_pred)
    check_against_keras(agree, tf, keras, loss, y_true.astype("float32"), y_pred)


@each_variant
@pytest.mark.parametrize("shape", [(), (ROWS, 1)], ids=str)
def test_weights_of_other_shapes(name, options, shape, tf, keras, agree, rng):
    loss = registry[name](**options)
    y_true, y_pred = batch(loss, (ROWS, CLASSES), rng)
    check_against_keras(agree, tf, keras, loss, y_true, y_pred, np.asarray(rng.uniform(0.1, 3, shape), "float32"))


def edges(dtype):
    """0, 1, and the clip at 1e-7 and 1 - 1e-7 with the neighbouring floats."""
    zero, one = np.zeros(1, dtype), np.ones(1, dtype)
    clips = np.array([handnn.config.epsilon(), 1 - handnn.config.epsilon()], dtype)
    return np.concatenate([zero, one, clips, np.nextafter(clips, 2 * one), np.nextafter(clips, -one)])


def saturated(loss):
    """Every label with predictions at the edges; rows of probabilities are (p, 1 - p, 0), whose sum is exact."""
    if loss.from_logits or loss.predictions != "probability":
        points = np.array([0, 30, -30, 100, -100, 1e4, -1e4], loss.dtype)
        y_pred = np.array(list(product(points, points, points[:3])), loss.dtype)
    else:
        p = edges(loss.dtype)
        y_pred = np.stack([p, 1 - p, np.zeros_like(p)], axis=-1)
        if loss.targets == "binary":  # which does not divide by the sum
            y_pred = np.concatenate([y_pred, np.stack([p, p, p], axis=-1)])
    repeated = np.repeat(y_pred, 3, axis=0)
    labels = np.tile(np.arange(3), len(y_pred))
    return (labels if loss.targets == "labels" else np.eye(3, dtype=loss.dtype)[labels]), repeated


@each_variant
def test_saturated_predictions_and_clip_edges(name, options, dtype, tf, keras, agree):
    loss = registry[name](dtype=dtype, **options)
    check_against_keras(agree, tf, keras, loss, *saturated(loss))


@each_variant
def test_slopes_are_the_derivative_of_values(name, options, rng):
    loss = registry[name](dtype="float64", **options)
    y_true, y_pred = batch(loss, (ROWS, CLASSES), rng)
    if loss.targets == "real":
        y_true = y_true + np.where(y_true == y_pred, 0.5, 0)  # off the kink
    assert oracles.loss(loss, y_true, y_pred).ratio <= 1


@pytest.mark.parametrize(
    ("name", "activation"),
    [
        ("categorical_crossentropy", activations.softmax),
        ("sparse_categorical_crossentropy", activations.softmax),
        ("binary_crossentropy", activations.sigmoid),
    ],
)
def test_fused_and_unfused_forms_are_equal(name, activation, dtype, agree, rng):
    fused, plain = (registry[name](from_logits=logits, dtype=dtype) for logits in (True, False))
    y, z = batch(fused, (ROWS, CLASSES), rng)

    def unfused(z):
        a = activation.forward(z)
        return plain.values(y, a), activation.backward(plain.slopes(y, a), z, a)

    def larger(*bounds):
        return Bounded(bounds[0].value, np.maximum(*[bound.error for bound in bounds]))

    values, delta = unfused(Bounded(z))
    agree("values", fused.values(y, z), unfused(z)[0], larger(values, fused.values(y, Bounded(z))))
    agree("delta", fused.slopes(y, z), unfused(z)[1], larger(delta, fused.slopes(y, Bounded(z))))


@each_variant
def test_functions_are_keras_functions(name, options, dtype, tf, keras, agree, rng):
    loss = registry[name](reduction="none", dtype=dtype, **options)
    y_true, y_pred = batch(loss, (ROWS, CLASSES), rng)
    expected = getattr(keras.losses, name)(tf.constant(y_true), tf.constant(y_pred), **options).numpy()
    agree(name, getattr(losses, name)(y_true, y_pred, **options), expected, loss.values(y_true, Bounded(y_pred)))


@each_loss
def test_signature_and_config_are_keras(name, cls, keras):
    theirs = getattr(keras.losses, cls.__name__)
    ours = inspect.signature(cls).parameters
    expected = inspect.signature(theirs.__init__).parameters
    assert set(ours) == set(expected) - {"self"}
    for argument in set(ours) - {"name"}:
        assert ours[argument].default == expected[argument].default, argument
    assert cls(name="mine").get_config() == theirs(name="mine").get_config()
    assert type(losses.get(keras.losses.serialize(theirs(reduction="sum")))) is cls


@each_loss
def test_name_is_keras_for_every_instance(name, cls, keras):
    assert [cls().name, cls().name] == [getattr(keras.losses, cls.__name__)().name] * 2


@each_loss
def test_identifiers_are_keras(name, cls, keras):
    meant = (getattr(keras.losses, cls.__name__), getattr(keras.losses, name))
    identifiers = [key for key, value in keras.src.losses.ALL_OBJECTS_DICT.items() if value in meant]
    assert {type(losses.get(identifier)) for identifier in identifiers} == {cls}


@each_loss
def test_loss_computes_in_its_own_dtype_as_in_keras(name, cls, dtype, keras, rng):
    loss, other = cls(dtype=dtype), "float64" if dtype == "float32" else "float32"
    y_true, y_pred = batch(cls(dtype=other), (ROWS, CLASSES), rng)
    assert loss(y_true, y_pred).dtype == keras_twin(keras, loss)(y_true, y_pred).numpy().dtype == dtype


def test_weights_that_sum_to_zero(tf, keras, agree, rng):
    loss = losses.MeanSquaredError(reduction="mean_with_sample_weight")
    check_against_keras(agree, tf, keras, loss, *batch(loss, (ROWS, CLASSES), rng), np.zeros(ROWS, "float32"))


# Facts about Keras that handnn shares.


def test_fused_gradient_is_p_minus_y_even_where_labels_do_not_sum_to_1(tf, keras, agree, rng):
    loss = losses.CategoricalCrossentropy(from_logits=True, reduction="sum", dtype="float64")
    y, z = rng.uniform(0, 3, (ROWS, CLASSES)), rng.normal(size=(ROWS, CLASSES))
    check_against_keras(agree, tf, keras, loss, y, z)
    assert oracles.loss(loss, y, z).ratio > 1  # the derivative of the values would be p sum(y) - y


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
@pytest.mark.parametrize("name", [name for name, cls in registry.items() if cls.predictions == "probability"])
def test_every_crossentropy_uses_the_logits_of_softmax_and_sigmoid(name, activation, rng):
    model = handnn.Sequential([handnn.Input((5,)), handnn.layers.Dense(CLASSES, activation=activation)])
    model.compile("sgd", name)
    model.set_weights([30 * rng.normal(size=w.shape) for w in model.get_weights()])  # so saturated that it matters
    y, _ = batch(registry[name](), (ROWS, CLASSES), rng)
    assert model.fused
    assert verify_model(model, rng.normal(size=(ROWS, 5)), y, optimizer=False, whole=False).ok


# Planted mistakes: each kind of check must see one.


@pytest.mark.parametrize(
    ("method", "mistake", "seen"),
    [
        ("slopes", lambda self, y, p, out=None: (p - y) / p.shape[-1], "gradient"),  # the factor 2
        ("values", lambda self, y, p: np.square(p - y).sum(axis=-1), "value"),  # 1/K
        ("divisor", lambda self, count, weight: 1, "value"),  # 1/N
    ],
)
def test_a_forgotten_factor_is_seen(method, mistake, seen, monkeypatch, tf, keras, agree, rng):
    loss = losses.MeanSquaredError(dtype="float64")
    y_true, y_pred = batch(loss, (ROWS, CLASSES), rng)
    monkeypatch.setattr(type(loss), method, mistake)
    assert method == "divisor" or oracles.loss(loss, y_true, y_pred).ratio > 1
    with pytest.raises(AssertionError, match=seen):
        check_against_keras(agree, tf, keras, loss, y_true, y_pred)


def test_a_forgotten_clip_is_seen(monkeypatch, tf, keras, agree):
    loss = losses.BinaryCrossentropy(dtype="float64")
    monkeypatch.setattr("handnn.losses.crossentropy.inside_clip", lambda p: np.ones(p.shape, bool))
    with pytest.raises(AssertionError, match="gradient"):
        check_against_keras(agree, tf, keras, loss, *saturated(loss))


@pytest.mark.parametrize("name", ["binary_crossentropy", "categorical_crossentropy"])
def test_a_clip_at_another_epsilon_is_seen(name, dtype, monkeypatch, tf, keras, agree):
    loss = registry[name](dtype=dtype)
    monkeypatch.setattr("handnn.losses.crossentropy.epsilon", lambda: 1.2e-7)
    with pytest.raises(AssertionError, match=r"value|gradient"):
        check_against_keras(agree, tf, keras, loss, *saturated(loss))
