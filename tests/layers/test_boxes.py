"""Bounding boxes, labels and masks beside pictures that `Resizing` resizes, against Keras.

Every size is a power of 2, so that nothing is rounded and the numbers are equal.
"""

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.layers.sizes import boxes as module

MODES = [{}, {"pad_to_aspect_ratio": True}, {"crop_to_aspect_ratio": True}]
CORNERS = np.array(
    [[[1, 2, 4, 8], [0, 0, 8, 16], [6, 1, 8, 2]], [[0, 0, 0, 0], [2, 0, 4, 1], [-1, -1, -1, -1]]], "float32"
)
LABELS = np.array([[1, 2, 3], [4, 5, 6]])
SHAPE = (16, 8)


def both(keras, form, **mode):
    return (side.layers.Resizing(32, 32, bounding_box_format=form, **mode) for side in (handnn, keras))


def given(form, single=False):
    x = {
        "images": np.arange(2 * 16 * 8, dtype="float32").reshape(2, *SHAPE, 1),
        "bounding_boxes": {"boxes": module.of_corners(CORNERS, form, *SHAPE), "labels": LABELS},
        "labels": np.array([0, 1]),
        "segmentation_masks": np.arange(2 * 16 * 8, dtype="float32").reshape(2, *SHAPE, 1) % 3,
        "other": np.arange(2.0, dtype="float32"),
    }
    if not single:
        return x
    boxes = {key: own[0] for key, own in x["bounding_boxes"].items()}
    return {key: own[0] for key, own in x.items() if key not in ("bounding_boxes", "other")} | {"bounding_boxes": boxes}


def flat(found):
    return {key: np.asarray(own) for key, own in (found | found["bounding_boxes"]).items() if key != "bounding_boxes"}


@pytest.mark.quick(6, cover={"form": None, "mode": str})
@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("form", module.FORMATS)
def test_boxes_are_keras(form, mode, keras):
    ours, theirs = both(keras, form, **mode)
    for single in (False, True):
        found, expected = flat(ours(given(form, single))), flat(theirs(given(form, single)))
        assert found.keys() == expected.keys()
        for key in found:
            assert np.array_equal(found[key], expected[key]), (key, single)
    assert ours.get_config()["bounding_box_format"] == form
    assert layers.Resizing.from_config(ours.get_config()).bounding_box_format == form


SIZES = [
    *(((4, 8), (13, 16)), ((8, 4), (16, 13)), ((4, 8), (8, 13)), ((8, 4), (13, 8))),
    *(((8, 8), (16, 4)), ((4, 4), (4, 16)), ((8, 16), (4, 8))),
]
"""(height, width) before and after; each ratio is a power of 2 in the mode that keeps it, what is left over is odd."""


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_wide_and_high_pictures_are_keras(mode, keras, rng):
    for before, after in SIZES:
        ours, theirs = (m.layers.Resizing(*after, bounding_box_format="xyxy", **mode) for m in (handnn, keras))
        ends = np.sort(rng.integers(0, 33, (2, 5, 2, 2)), axis=2) / 32 * before[::-1]
        boxes = np.concatenate([ends[:, :, 0], ends[:, :, 1]], axis=-1).astype("float32")
        x = {"images": np.ones((2, *before, 1), "float32")}
        x["bounding_boxes"] = {"boxes": boxes, "labels": np.arange(10).reshape(2, 5)}
        found, expected = (flat(side(x)) for side in (ours, theirs))
        for key in ("boxes", "labels"):
            assert np.array_equal(found[key], expected[key]), (key, before, after)


def test_every_format_is_keras(keras):
    """From numbers that are allowed in each, and not from corners."""
    for form in module.FORMATS:
        ours, theirs = both(keras, form)
        boxes = np.array([[[4, 6, 8, 10], [2, 1, 4, 2]]], "float32") / (16 if form.startswith("rel_") else 1)
        x = {"images": np.ones((1, *SHAPE, 1), "float32")}
        x["bounding_boxes"] = {"boxes": boxes, "labels": np.ones((1, 2))}
        found, expected = flat(ours(x)), flat(theirs(x))
        assert np.array_equal(found["boxes"], expected["boxes"]), form


def test_what_is_given_is_not_changed():
    x = given("xyxy")
    x["bounding_boxes"]["scores"] = scores = np.ones((2, 3))
    found = layers.Resizing(4, 4, bounding_box_format="xyxy")(x)
    assert found["bounding_boxes"]["scores"] is scores
    assert np.array_equal(x["bounding_boxes"]["boxes"], CORNERS) and x["images"].shape == (2, *SHAPE, 1)


@pytest.mark.parametrize("single", [False, True])
def test_in_a_tf_data_map(single, keras):
    """With pictures one by one, and in batches."""
    import tensorflow as tf

    ours, _ = both(keras, "xywh")
    x = {key: own for key, own in given("xywh").items() if key != "other"}
    data = tf.data.Dataset.from_tensor_slices(x)
    data = data.map(ours).batch(2) if single else data.batch(2).map(ours)
    (found,) = data.as_numpy_iterator()
    wanted = flat(ours(x))
    assert all(np.array_equal(own, wanted[key]) for key, own in flat(found).items())


BAD = {
    "format": (lambda: layers.Resizing(2, 2, bounding_box_format="xy"), "bounding_box_format must be one of 'xyxy'"),
    "no format": (
        lambda: layers.Resizing(2, 2)(given("xyxy")),
        "bounding_box_format must be given to .* received None",
    ),
    "no images": (lambda: layers.Resizing(2, 2)({"labels": LABELS}), "the key 'images'; received .'labels'."),
    "no labels": (
        lambda: layers.Resizing(2, 2, bounding_box_format="xyxy")(
            given("xyxy") | {"bounding_boxes": {"boxes": CORNERS}}
        ),
        "bounding_boxes must be a dict with the keys 'boxes' and 'labels'",
    ),
    "three numbers": (
        lambda: module.Beside(layers.Resizing(2, 2, bounding_box_format="xyxy"))(
            [CORNERS[..., :3], np.ones((2, 4, 4, 1))]
        ),
        "boxes must have shape",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_line(case):
    call, words = BAD[case]
    with pytest.raises(ValueError, match=words):
        call()
