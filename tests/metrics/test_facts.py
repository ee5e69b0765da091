"""Surprises of Keras' metrics and initializers that docs/keras-facts.md tells of and no other test pins."""

import numpy as np
import pytest

from handnn import losses, metrics


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_thresholds_are_compared_in_float32(dtype, keras):
    for module in (metrics, keras.metrics):
        assert float(module.Precision(dtype=dtype)(np.ones(1), np.array([0.5 + 1e-12]))) == 0
        assert float(module.BinaryAccuracy("name", dtype, 0.3)(np.ones(1), np.array([0.3 + 5e-9]))) == 0
        assert float(module.BinaryAccuracy(dtype=dtype)(np.ones(1), np.array([0.5 + 1e-12]))) == 1


@pytest.mark.slow
def test_even_thresholds_are_not_compared_at_all(keras):
    """At y_pred = t the rounded product y_pred (T - 1) may lie above a whole number."""
    thresholds = [float(t) for t in np.arange(200, dtype="float32") / np.float32(199)]
    passed = [float(np.asarray(keras.metrics.TruePositives(thresholds)(np.ones(1), np.array([t])))[i])
              for i, t in enumerate(thresholds[:40])]  # fmt: skip
    alone = [float(keras.metrics.TruePositives(t)(np.ones(1), np.array([t]))) for t in thresholds[:40]]
    ours = [metrics.TruePositives(thresholds)(np.ones(1), np.array([t]))[i] for i, t in enumerate(thresholds[:40])]
    assert passed == ours and alone == [0] * 40


def test_keras_cannot_tell_a_result_before_the_first_batch(keras):
    for name, first in (("F1Score", 0.0), ("R2Score", np.nan)):
        with pytest.raises(AttributeError):
            getattr(keras.metrics, name)().result()
        assert np.array_equal(getattr(metrics, name)().result(), first, equal_nan=True)


def test_top_k_of_float64_fails_in_keras(keras):
    y_true, y_pred = np.array([0, 1]), np.array([[0.5, 0.25], [0.5, 0.25]])
    with pytest.raises(Exception, match="expected to be a float tensor"):
        keras.metrics.SparseTopKCategoricalAccuracy(k=1)(y_true, y_pred)
    assert metrics.SparseTopKCategoricalAccuracy(k=1)(y_true, y_pred) == 0.5


def test_a_perfect_iou_is_less_than_1(keras):
    labels = np.array([0, 1, 2])
    assert float(keras.metrics.MeanIoU(3)(labels, labels)) < 1
    assert metrics.MeanIoU(3)(labels, labels) < 1


def test_weights_of_an_iou_are_cut_to_whole_numbers(keras):
    y_true, y_pred, weight = np.array([0, 1]), np.array([0, 0]), np.array([1.75, 0.75], "float32")
    for module in (metrics, keras.metrics):
        with pytest.warns(UserWarning, match="weight"):
            found = float(module.IoU(2, [0])(y_true, y_pred, weight))
        assert found == float(module.IoU(2, [0])(y_true, y_pred, np.array([1, 0])))


def test_an_iou_along_another_axis_fails_in_keras(keras):
    y = np.eye(2)[[0, 1]][:, :, np.newaxis]
    with pytest.raises(Exception, match="reduction dimension"):
        keras.metrics.OneHotMeanIoU(2, axis=1)(y, y)
    assert metrics.OneHotMeanIoU(2, axis=1)(y, y) == metrics.OneHotMeanIoU(2)(y[..., 0], y[..., 0])


def test_beta_must_be_a_float(keras):
    for module in (metrics, keras.metrics):
        with pytest.raises(ValueError, match="beta"):
            module.FBetaScore(beta=1)


@pytest.mark.skipif("cosine_similarity" not in losses.losses, reason="no loss cosine_similarity")
def test_the_config_of_the_cosine_forgets_its_axis(keras):
    for module in (metrics, keras.metrics):
        assert "axis" not in module.CosineSimilarity(axis=0).get_config()


@pytest.mark.skipif("hinge" not in losses.losses, reason="no loss hinge")
def test_hinge_of_flat_labels_pairs_each_with_each_in_keras(keras):
    y_true, y_pred = np.array([-1.0, 1.0]), np.array([[-2.0], [2.0]])
    every_pair = np.maximum(1 - y_true[np.newaxis] * y_pred, 0).mean()
    assert float(keras.metrics.Hinge()(y_true, y_pred)) == every_pair > 0
    assert metrics.Hinge()(y_true, y_pred) == 0


@pytest.mark.skipif(not hasattr(losses.Loss, "masks"), reason="the losses ignore no class yet")
def test_an_ignored_class_counts_as_0_unless_weighted(keras):
    y_true, y_pred = np.array([0, 1]), np.array([[0.25, 0.75], [0.5, 0.5]])
    for module in (metrics, keras.metrics):
        plain, weighted = (module.SparseCategoricalCrossentropy(ignore_class=1, dtype="float64") for _ in range(2))
        assert 2 * float(plain(y_true, y_pred)) == float(weighted(y_true, y_pred, np.ones(2)))


def test_identity_forgets_its_gain(keras):
    import handnn

    assert keras.initializers.Identity(2.0).get_config() == {}
    assert handnn.initializers.Identity(2.0).get_config() == {"gain": 2.0}
    assert keras.initializers.Identity(**handnn.initializers.Identity(2.0).get_config()).gain == 2.0


def test_a_bias_without_an_initializer_is_drawn(keras):
    import handnn

    for module in (handnn, keras):
        layer = module.layers.Dense(3, bias_initializer=None)
        layer.build((None, 2))
        assert np.any(np.asarray(layer.bias))
