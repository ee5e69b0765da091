"""Every loss of the registry, value and gradient, against Keras' loss object and function."""

from itertools import product

import numpy as np
import pytest

from handnn import losses
from handnn.losses import REDUCTIONS
from handnn.losses import losses as registry
from handnn.rounding import loss_bounds, bounded as rounding
from handnn.proof.cases import losses as loss_cases
from handnn.verify import sample_data
from handnn.verify import numeric_gradients
from handnn.rounding.bounded import Bounded

ROWS, CLASSES = 9, 4

VARIANTS = [(name, options) for name, cls in registry.items() for options in loss_cases.variants(cls)]
each_loss = pytest.mark.parametrize(("name", "cls"), registry.items(), ids=list(registry))
FORMS = [(name, options) for name, options in VARIANTS if set(options) <= {"from_logits"}]
each_form = pytest.mark.parametrize(("name", "options"), FORMS, ids=str)
each_variant = pytest.mark.parametrize(("name", "options"), VARIANTS, ids=str)


def some(condition):
    """The forms of each loss whose class meets a condition."""
    chosen = [(name, options) for name, options in FORMS if condition(registry[name])]
    return pytest.mark.parametrize(("name", "options"), chosen, ids=str)


def takes_labels(cls):
    return cls.targets == "labels"


@each_variant
def test_value_and_gradient_are_keras(name, options, dtype, check, rng):
    loss = registry[name](dtype=dtype, **options)
    check(loss, *loss_cases.batch(loss, (ROWS, CLASSES), rng))


@pytest.mark.quick(10)
@each_form
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("reduction", REDUCTIONS, ids=str)
def test_weights_and_reductions(name, options, reduction, weighted, dtype, check, rng):
    loss = registry[name](reduction=reduction, dtype=dtype, **options)
    weight = np.append(rng.uniform(0.1, 3, ROWS - 1), 0).astype(dtype) if weighted else None
    check(loss, *loss_cases.batch(loss, (ROWS, CLASSES), rng), weight)


@each_form
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "none"])
@pytest.mark.parametrize("shape", [(CLASSES,), (1, CLASSES), (2, CLASSES), (ROWS, 2), (ROWS, 3, CLASSES)], ids=str)
def test_shapes(name, options, shape, reduction, check, rng):
    if name == "circle" and len(shape) != 2:
        pytest.skip("pairs of rows")
    loss = registry[name](reduction=reduction, **options)
    y_true, y_pred = loss_cases.batch(loss, shape, rng)
    check(loss, y_true, y_pred)
    if len(shape) > 1 and loss.axis == -1:
        check(loss, y_true, y_pred, rng.uniform(0.1, 3, shape[:-1]).astype("float32"))


TAKEN_WITH_LOGITS = {
    "categorical_crossentropy": [0, 1],
    "categorical_focal_crossentropy": [0, 1, -2, None, (0, 1), (0, 1, 2), ()],
}


@some(lambda cls: "axis" in cls().get_config())
@pytest.mark.parametrize("axis", [0, 1, -2, None, (0, 1), [1, 2], (0, 1, 2), ()], ids=str)
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean_with_sample_weight", "none"])
def test_axes(name, options, axis, reduction, dtype, check, rng):
    """Every axis that Keras takes; weights are a number, or of the values' shape."""
    if options.get("from_logits") and name.startswith("categorical") and axis not in TAKEN_WITH_LOGITS[name]:
        pytest.skip("Keras does not take it either")
    loss = registry[name](reduction=reduction, dtype=dtype, axis=axis, **options)
    y_true, y_pred = loss_cases.batch(loss, (5, 3, CLASSES), rng)
    for weight in (None, np.asarray(1.7, dtype), rng.uniform(0.1, 3, loss.value_shape(y_pred.shape)).astype(dtype)):
        check(loss, y_true, y_pred, weight)


@pytest.mark.parametrize("name", ["dice", "tversky"])
@pytest.mark.parametrize("reduction", REDUCTIONS, ids=str)
@pytest.mark.parametrize(
    ("axis", "shape"), [(None, (ROWS,)), (None, (1,)), (None, (ROWS, 1)), (0, (ROWS,)), ((0, 2), (3,))], ids=str
)
def test_weights_of_a_loss_of_the_whole_batch(name, axis, shape, reduction, dtype, check, rng):
    """One value takes any number of weights, as in Keras: it counts once with each."""
    loss = registry[name](reduction=reduction, axis=axis, dtype=dtype)
    y_true, y_pred = loss_cases.batch(
        loss, (ROWS, 3, CLASSES) if axis == (0, 2) else (ROWS, 1 if axis == 0 else CLASSES), rng
    )
    check(loss, y_true, y_pred, rng.uniform(0.1, 3, shape).astype(dtype))


@pytest.mark.quick(8)
@pytest.mark.filterwarnings("ignore:In loss categorical:SyntaxWarning", "ignore:You are using a softmax:UserWarning")
@some(lambda cls: cls.targets != "labels")
def test_rows_of_one_number_may_come_flat(name, options, check, rng):
    loss = registry[name](**options)
    y_true, y_pred = loss_cases.batch(loss, (ROWS, 1), rng)
    for y, p in ((y_true, y_pred), (y_true[:, 0], y_pred), (y_true, y_pred[:, 0])):
        check(loss, y, p)


@some(takes_labels)
def test_labels_may_be_floats_or_stand_in_a_column(name, options, check, rng):
    loss = registry[name](**options)
    y_true, y_pred = loss_cases.batch(loss, (ROWS, CLASSES), rng)
    check(loss, y_true.astype("float32"), y_pred)
    column = y_true[:, np.newaxis]
    assert np.array_equal(loss(column, y_pred), loss(y_true, y_pred))
    if name != "categorical_generalized_cross_entropy":  # where Keras pairs every row with every label
        check(loss, column, y_pred)


@pytest.mark.quick(10)
@each_form
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean_with_sample_weight"])
@pytest.mark.parametrize("shape", [(), (ROWS, 1)], ids=str)
def test_weights_of_other_shapes(name, options, shape, reduction, check, rng):
    loss = registry[name](reduction=reduction, **options)
    check(loss, *loss_cases.batch(loss, (ROWS, CLASSES), rng), np.asarray(rng.uniform(0.1, 3, shape), "float32"))


def test_one_weight_a_sample_for_rows_of_rows(check, rng):
    loss = losses.MeanSquaredError(reduction="mean_with_sample_weight")
    check(loss, *loss_cases.batch(loss, (ROWS, 3, CLASSES), rng), rng.uniform(0.1, 3, (ROWS, 1)).astype("float32"))


@pytest.mark.quick(12)
@each_variant
def test_delicate_points(name, options, dtype, check):
    loss = registry[name](dtype=dtype, **options)
    check(loss, *loss_cases.delicate(loss))


@pytest.mark.quick(18)
@each_variant
def test_functions_are_keras_functions(name, options, dtype, tf, keras, assert_agrees, rng):
    loss = registry[name](reduction="none", dtype=dtype, **options)
    y_true, y_pred = loss_cases.batch(loss, (ROWS, CLASSES), rng)
    given = options if name != "categorical_generalized_cross_entropy" else {"q": loss.q}
    expected = getattr(keras.losses, name)(tf.constant(y_true), tf.constant(y_pred), **given).numpy()
    found, bound = getattr(losses, name)(y_true, y_pred, **given), loss_bounds.values(loss, y_true, Bounded(y_pred))
    assert_agrees(name, found, expected, bound)


@pytest.mark.parametrize("remove_diagonal", [True, False])
@pytest.mark.parametrize("classes", [3, 1])
def test_circle_with_references(classes, remove_diagonal, dtype, tf, keras, assert_agrees, rng):
    """Of one class nothing is unlike: the values are 0."""
    loss = losses.Circle(remove_diagonal=remove_diagonal, dtype=dtype)
    embeddings, references = (sample_data.predictions(loss, (rows, 3), rng) for rows in (5, 8))
    labels, known = rng.integers(0, classes, 5), rng.integers(0, classes, 8)
    given = (labels, embeddings, known, references, remove_diagonal)
    expected = keras.losses.circle(*map(tf.constant, given[:4]), remove_diagonal).numpy()
    bound = loss.between(labels, Bounded(embeddings), known, Bounded(references))
    assert_agrees("circle", losses.circle(*given), expected, bound)


@pytest.mark.parametrize("gamma", [1.7, 2.0])
def test_categorical_focal_crossentropy_of_what_is_no_probability(gamma, dtype, check):
    """Below 0 for one class, two others can be likely."""
    loss = losses.CategoricalFocalCrossentropy(gamma=gamma, dtype=dtype)
    check(loss, np.eye(3, dtype=dtype), np.tile(np.array([0.9, 0.8, -0.7], dtype), (3, 1)))


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("kind", [list, tuple])
def test_categorical_focal_crossentropy_takes_several_alphas(kind, from_logits, dtype, check, rng):
    loss = losses.CategoricalFocalCrossentropy(kind([0.1, 0.2, 0.3, 0.7]), from_logits=from_logits, dtype=dtype)
    check(loss, *loss_cases.batch(loss, (ROWS, CLASSES), rng))


@pytest.mark.parametrize("ignore_class", [-1, 2, 255])
@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS, ids=str)
def test_sparse_categorical_crossentropy_ignores_a_class(
    ignore_class, from_logits, weighted, reduction, dtype, check, rng
):
    loss = losses.SparseCategoricalCrossentropy(from_logits, ignore_class, reduction, dtype=dtype)
    y_true, y_pred = loss_cases.batch(loss, (ROWS, CLASSES), rng)
    weight = rng.uniform(0.1, 3, ROWS).astype(dtype) if weighted else None
    for ignored in (0, 4, ROWS):
        y_true[:ignored] = ignore_class
        check(loss, y_true, y_pred, weight)


@pytest.mark.parametrize("from_logits", [False, True])
def test_sparse_categorical_crossentropy_of_one_class_and_an_ignored_one(from_logits, dtype, check, rng):
    loss = losses.SparseCategoricalCrossentropy(from_logits, -1, dtype=dtype)
    check(loss, np.array([0, -1, 0]), rng.uniform(0.1, 0.9, (3, 1)).astype(dtype))


@pytest.mark.parametrize(
    "labels", [[0] * ROWS, list(range(ROWS)), [0, 0, *range(1, ROWS - 1)]], ids=["one", "all", "few"]
)
@pytest.mark.parametrize("reduction", REDUCTIONS, ids=str)
@pytest.mark.quick(2)
def test_circle_leaves_rows_without_a_pair_out_of_the_mean(labels, reduction, dtype, check, rng):
    loss = losses.Circle(reduction=reduction, dtype=dtype)
    embeddings = sample_data.predictions(loss, (ROWS, CLASSES), rng)
    check(loss, np.array(labels), embeddings)
    check(loss, np.array(labels), embeddings, rng.uniform(0.1, 3, ROWS).astype(dtype))


@pytest.mark.parametrize("margin", [-0.5, 0.4, 1.5])
@pytest.mark.parametrize("length", [0.5, 1, 1.5])
def test_circle_with_any_margin_and_rows_of_any_length(margin, length, dtype, check, rng):
    """Where a factor of f or g is held at 0, and where a row is so near to another that D is."""
    loss = losses.Circle(2.0, margin, dtype=dtype)
    embeddings = length * sample_data.predictions(loss, (ROWS, 3), rng)
    check(loss, rng.integers(0, 3, ROWS), embeddings.astype(dtype))


@pytest.mark.parametrize("labels", [[0, 0, 1, 1, 2, 2, 3], [0, 1, 0, 1, 2, 3, 2]], ids=["alike", "apart"])
@pytest.mark.parametrize("margin", [-2, -1, 0, 1])
def test_circle_at_its_kinks(labels, margin, dtype, check, monkeypatch):
    """D is 0, 1 or 2 here, and m + D or 1 + m - D exactly 0; equal rows of other labels have D = 0.

    Both sides must choose the same piece: no comparison counts as one that rounding may turn round.
    """
    monkeypatch.setattr(rounding, "_compared", lambda result, *inputs: result)
    loss = losses.Circle(2.0, margin, dtype=dtype)
    check(loss, np.array(labels), loss_cases.delicate(loss)[1])


def test_kl_divergence_of_more_than_1(dtype, check):
    loss = losses.KLDivergence(dtype=dtype)
    check(loss, np.array([[0.5, 0.5], [1.5, 0.2]], dtype), np.array([[1.5, 2.5], [0.3, 1.1]], dtype))


@pytest.mark.parametrize("delta", [0, -0.4])
def test_huber_takes_any_delta(delta, dtype, check):
    loss = losses.Huber(delta, dtype=dtype)
    check(loss, *loss_cases.delicate(loss))


@pytest.mark.parametrize("name", ["hinge", "squared_hinge"])
@pytest.mark.parametrize("labels", [(0, 1), (-1, 1), (-1, 0, 1), (0, 0.5, 1)], ids=str)
def test_labels_of_0_and_1_become_signs_only_if_there_are_no_others(name, labels, dtype, check, rng):
    loss = registry[name](dtype=dtype)
    y_true = np.array(list(product(labels, labels)), dtype)
    check(loss, y_true, rng.normal(size=y_true.shape).astype(dtype))


@pytest.mark.parametrize("size", [0, 1e-8, 1e-7, 1.1e-7, 1e6])
def test_cosine_similarity_of_short_and_long_rows(size, dtype, check, rng, monkeypatch):
    """Rows shorter than 1e-7 are divided by that; at 1e-7 itself, a kink, TensorFlow keeps the projection."""
    monkeypatch.setattr(rounding, "_compared", lambda result, *inputs: result)  # both sides must choose the same
    loss = losses.CosineSimilarity(dtype=dtype)
    y_true, y_pred = loss_cases.batch(loss, (ROWS, CLASSES), rng)
    y_pred[:3] = np.eye(CLASSES)[:3] * size
    y_true[-3:] = np.eye(CLASSES)[:3] * size
    check(loss, y_true, y_pred)


@each_form
@pytest.mark.parametrize("pair", [(0, 0), (1, -1)], ids=str)
def test_weights_that_sum_to_zero(name, options, pair, check, rng):
    loss = registry[name](reduction="mean_with_sample_weight", **options)
    weight = np.append(np.tile(pair, ROWS // 2), 0).astype("float32")
    check(loss, *loss_cases.batch(loss, (ROWS, CLASSES), rng), weight)


@each_loss
def test_loss_computes_in_its_own_dtype_as_in_keras(name, cls, dtype, twin, rng):
    loss, other = cls(dtype=dtype), "float64" if dtype == "float32" else "float32"
    y_true, y_pred = loss_cases.batch(cls(dtype=other), (ROWS, CLASSES), rng)
    assert loss(y_true, y_pred).dtype == twin(loss)(y_true, y_pred).numpy().dtype == dtype


# Planted mistakes: each kind of check must see one.


@pytest.mark.quick(10)
@each_loss
@pytest.mark.parametrize("factor", [1.0005, -1, 2])
def test_a_wrong_factor_in_any_loss_is_seen(name, cls, factor, monkeypatch, check, rng):
    loss = cls(dtype="float64")
    data = loss_cases.batch(loss, (ROWS, CLASSES), rng)
    right_values, right_slopes = cls.values, cls.weighted_derivatives
    monkeypatch.setattr(cls, "values", lambda self, y, p: right_values(self, y, p) * factor)
    with pytest.raises(AssertionError, match="value"):
        check(loss, *data)
    monkeypatch.setattr(cls, "values", right_values)
    monkeypatch.setattr(cls, "weighted_derivatives", lambda *given, out=None: right_slopes(*given) * factor)
    with pytest.raises(AssertionError, match="gradient"):
        check(loss, *data)


@pytest.mark.parametrize(
    ("method", "mistake", "seen"),
    [
        ("derivatives", lambda self, y, p, out=None: (p - y) / p.shape[-1], "gradient"),  # the factor 2
        ("values", lambda self, y, p: np.square(p - y).sum(axis=-1), "value"),  # 1/K
        ("divisor", lambda self, count, weight: 1, "value"),  # 1/N
    ],
)
def test_a_forgotten_factor_is_seen(method, mistake, seen, monkeypatch, check, rng):
    loss = losses.MeanSquaredError(dtype="float64")
    y_true, y_pred = loss_cases.batch(loss, (ROWS, CLASSES), rng)
    monkeypatch.setattr(type(loss), method, mistake)
    assert method == "divisor" or numeric_gradients.loss(loss, y_true, y_pred).ratio > 1
    with pytest.raises(AssertionError, match=seen):
        check(loss, y_true, y_pred)


def test_a_forgotten_clip_is_seen(monkeypatch, check):
    loss = losses.BinaryCrossentropy(dtype="float64")
    monkeypatch.setattr("handnn.losses.crossentropy.inside_clip", lambda p: np.ones(p.shape, bool))
    with pytest.raises(AssertionError, match="gradient"):
        check(loss, *loss_cases.delicate(loss))


@pytest.mark.parametrize("name", ["binary_crossentropy", "categorical_crossentropy"])
def test_a_clip_at_another_epsilon_is_seen(name, dtype, monkeypatch, check):
    loss = registry[name](dtype=dtype)
    monkeypatch.setattr("handnn.losses.crossentropy.epsilon", lambda: 1.2e-7)
    with pytest.raises(AssertionError, match=r"value|gradient"):
        check(loss, *loss_cases.delicate(loss))
