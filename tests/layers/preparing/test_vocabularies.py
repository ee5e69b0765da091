"""Vocabularies in every form in which they come, and the documents that `adapt` counts, against Keras."""

from pathlib import Path

import numpy as np
import pytest

import handnn
from handnn import layers
from tests.layers.preparing.test_lookup import WORDS, assert_same, both

WEIGHTED = {"output_mode": "tf_idf", "vocabulary": [12, 36, 42], "idf_weights": [0.25, 0.75, 0.6]}
FORMS = {
    "weighted": WEIGHTED,
    "padded": WEIGHTED | {"max_tokens": 9, "pad_to_max_tokens": True},
    "two unknown": WEIGHTED | {"num_oov_indices": 2},
    "whole": WEIGHTED | {"vocabulary": [-1, 12, 36], "max_tokens": 7, "pad_to_max_tokens": True},
    "whole, two unknown": {"num_oov_indices": 2, "vocabulary": [-1, -1, 12, 36]},
    "whole, masked": {"mask_token": 7, "vocabulary": [7, -1, 12, 36]},
}


@pytest.mark.quick(6)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_vocabulary_is_keras(form, keras):
    """With the special tokens in front or without, with weights of all places."""
    ours, theirs = both(keras, "IntegerLookup", **FORMS[form])
    data = np.array([[12, 36, 36, 42], [5, 7, 12, -1]])
    assert_same(ours(data), theirs(data))
    assert ours.get_vocabulary() == [int(own) for own in theirs.get_vocabulary()]
    if "idf_weights" in FORMS[form]:
        assert_same(ours.idf_weights, theirs.idf_weights)


def test_tokens_in_arrays_bytes_and_files(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("b\na\n")
    for vocabulary in (["b", "a"], (b"b", b"a"), np.array(["b", "a"]), np.array(["b", "a"], object), path, str(path)):
        assert layers.StringLookup(vocabulary=vocabulary).get_vocabulary() == ["[UNK]", "b", "a"]
    assert isinstance(path, Path)


@pytest.mark.parametrize("several", [False, True])
def test_what_counts_as_a_document_is_keras(several, keras):
    """Each token of one array without rows; each batch without rows of several."""
    for words in (["a", "b", "a", "c"], WORDS):
        ours, theirs = both(keras, "StringLookup", output_mode="tf_idf")
        data = [words, ["a", "b"], ["d"]] if several else words
        ours.adapt(iter(map(np.array, data)) if several else data)
        theirs.adapt(iter(map(np.array, data)) if several else np.array(data))
        assert ours.get_vocabulary() == [str(own) for own in theirs.get_vocabulary()]
        assert_same(ours.idf_weights, theirs.idf_weights)
        for kind in () if several else (tuple, np.array):
            again = layers.StringLookup(output_mode="tf_idf")
            again.adapt(kind(data))
            assert np.array_equal(again.idf_weights, ours.idf_weights)


def test_indices_become_tokens_of_their_type(tf):
    words = layers.StringLookup(vocabulary=["b", "a"], invert=True)
    found = list(tf.data.Dataset.from_tensor_slices([[1, 2], [0, 9]]).map(words).as_numpy_iterator())
    assert [row.tolist() for row in found] == [[b"b", b"a"], [b"[UNK]", b"[UNK]"]]
    numbers = handnn.layers.IntegerLookup(vocabulary=[12, 36], invert=True)([[1, 2], [0, 9]])
    assert numbers.dtype == "int64" and numbers.tolist() == [[12, 36], [-1, -1]]


def test_weights_without_their_mode_are_refused():
    with pytest.raises(ValueError, match="`idf_weights` should only be set if output_mode is `'tf_idf'`"):
        layers.IntegerLookup().set_vocabulary([12], idf_weights=[0.5])
