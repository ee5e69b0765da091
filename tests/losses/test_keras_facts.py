"""Surprises of Keras' losses that docs/keras-facts.md tells of: a test fails here when Keras changes one."""

import math

import mpmath
import numpy as np
import pytest

from handnn import losses


def test_log_2_of_log_cosh_is_float32(keras):
    zero = np.zeros((1, 1))
    theirs = float(keras.losses.LogCosh(dtype="float64")(zero, zero))
    assert theirs == math.log(2) - float(np.float32(math.log(2))) != 0
    assert losses.LogCosh(dtype="float64")(zero, zero) == 0


def test_generalized_cross_entropy_is_unknown_to_get(keras):
    name = "CategoricalGeneralizedCrossEntropy"
    with pytest.raises(ValueError, match="Could not interpret"):
        keras.losses.get(name)
    assert keras.losses.deserialize(keras.losses.serialize(getattr(keras.losses, name)())) == name
    assert losses.get(name).q == 0.5


def test_generalized_cross_entropy_pairs_a_column_of_labels_with_every_row(keras):
    y, p = np.array([0, 1, 1]), np.array([[0.2, 0.8], [0.3, 0.7], [0.9, 0.1]])
    theirs, ours = (
        module.CategoricalGeneralizedCrossEntropy(reduction="none", dtype="float64")
        for module in (keras.losses, losses)
    )
    assert theirs(y[:, np.newaxis], p).shape == (3, 3)
    assert np.array_equal(ours(y[:, np.newaxis], p), ours(y, p))


def test_alpha_of_tversky_weighs_what_is_missed(keras):
    y, missed, wrong = np.array([[1.0, 0.0]]), np.array([[0.5, 0.0]]), np.array([[1.0, 0.5]])
    for module in (keras.losses, losses):
        by_missing, by_inventing = (
            [float(module.Tversky(alpha=alpha, beta=0.5)(y, p)) for alpha in (0.1, 0.9)] for p in (missed, wrong)
        )
        assert by_missing[0] < by_missing[1]
        assert by_inventing[0] == by_inventing[1]


@pytest.mark.parametrize("name", ["CategoricalCrossentropy", "CategoricalFocalCrossentropy"])
def test_label_smoothing_counts_the_last_axis(name, check, rng):
    y, p = np.eye(2, 5)[np.newaxis], rng.uniform(0.1, 0.9, (1, 2, 5))
    check(getattr(losses, name)(label_smoothing=0.2, axis=1, dtype="float64"), y, p)
    assert losses.CategoricalCrossentropy(label_smoothing=0.2, axis=1).smooth(y, 5).min() == 0.2 / 5


def test_names_that_older_keras_knew_are_gone(keras):
    for name in ("logcosh", "kullback_leibler_divergence", "cosine_proximity"):
        for module in (keras.losses, losses):
            with pytest.raises(ValueError, match=name):
                module.get(name)


@pytest.mark.parametrize(("kind", "length"), [("float32", 9e18), ("float64", 9e153)])
def test_the_gradient_of_a_cosine_is_wrong_behind_long_rows(kind, length, keras, rng):
    """TensorFlow flushes 1 / |y_pred|^2 to 0, and leaves the component along y_pred in the gradient."""
    import tensorflow as tf

    y, p = np.array([[3.0, 4.0]]).astype(kind), np.array([[length, length / 8]]).astype(kind)
    watched = tf.Variable(p)
    with tf.GradientTape() as tape:
        value = keras.losses.CosineSimilarity(dtype=kind)(y, watched)
    with mpmath.workdps(50):
        a, b = (mpmath.mpf(float(x)) for x in p[0])
        square = a * a + b * b
        along = (3 * a + 4 * b) / 5 / square
        exact = np.array([[float((along * x - t / 5) / mpmath.sqrt(square))] for x, t in ((a, 3), (b, 4))], kind).T
    ours, unit = losses.CosineSimilarity(dtype=kind).gradient(y, p), np.finfo(kind).eps
    assert np.abs(ours - exact).max() < 8 * unit * np.abs(exact).max()
    assert np.abs(tape.gradient(value, watched) - exact).max() > 0.1 * np.abs(exact).max()


@pytest.mark.parametrize("name", ["mse", "mean_squared_error", "MeanSquaredError", "bce", "huber"])
def test_get_by_a_functions_name_gives_one_value_a_sample(name, keras, dtype, rng):
    """And by that of a class one number; the gradient is that of the reduced loss either way."""
    y_true, y_pred = rng.uniform(size=(2, 5, 3)).astype(dtype)
    found, reference = losses.get(name), keras.losses.get(name)
    mine, theirs = np.asarray(found(y_true, y_pred)), np.asarray(reference(y_true, y_pred))
    assert mine.shape == theirs.shape == (() if name[0].isupper() else (5,))
    assert mine.dtype == theirs.dtype
    reduced = type(found)()
    unreduced = type(found)(reduction="none", dtype=dtype)(y_true, y_pred)
    assert np.array_equal(mine, reduced(y_true, y_pred) if name[0].isupper() else unreduced)
    assert np.array_equal(found.gradient(y_true, y_pred), reduced.gradient(y_true, y_pred))
    assert np.ndim(losses.get(name, dtype=dtype)(y_true, y_pred)) == 0
