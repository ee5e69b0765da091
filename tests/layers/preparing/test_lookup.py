"""CategoryEncoding, IntegerLookup and StringLookup against Keras: vocabularies, modes, unknown tokens, configs."""

import json

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.layers.preparing import PREPARING
from handnn.verify import verify_model

WORDS = [["a", "c", "d", "d"], ["d", "z", "b", "z"]]
NUMBERS = [[12, 1138, 42, 42], [42, 7, 36, 7]]
GIVEN = {"StringLookup": (["a", "b", "c", "d"], WORDS), "IntegerLookup": ([12, 36, 1138, 42], NUMBERS)}
MODES = [
    {},
    {"output_mode": "one_hot"},
    {"output_mode": "multi_hot"},
    {"output_mode": "count"},
    {"output_mode": "count", "max_tokens": 9, "pad_to_max_tokens": True},
    {"output_mode": "multi_hot", "num_oov_indices": 2},
    {"num_oov_indices": 2},
    {"mask_token": True},
    {"mask_token": True, "output_mode": "count"},
    {"output_mode": "tf_idf"},
]
CASES = [
    (name, options)
    for name in GIVEN
    for options in MODES
    if name == "IntegerLookup" or options.get("num_oov_indices", 1) == 1
]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[1]}")


def options_of(case):
    name, options = case
    masked = {"StringLookup": "d", "IntegerLookup": 7}[name]
    return {key: masked if key == "mask_token" else value for key, value in options.items()}


def plain(config):
    return json.loads(json.dumps(config))


def both(keras, name, **options):
    return [getattr(module.layers, name)(**options, name="own") for module in (handnn, keras)]


def assert_same(ours, theirs):
    theirs = np.asarray(theirs)
    assert ours.shape == theirs.shape
    if ours.dtype.kind == "f":  # a logarithm and one product: at most two roundings apart
        assert np.all(np.abs(ours - theirs) <= 4 * np.finfo(ours.dtype).eps * np.abs(theirs))
    else:
        assert np.array_equal(ours, theirs) and ours.dtype == theirs.dtype


@pytest.mark.quick(8)
@each_case
def test_a_given_vocabulary_is_keras(case, keras):
    vocabulary, data = GIVEN[case[0]]
    options = options_of(case)
    vocabulary = [own for own in vocabulary if own != options.get("mask_token")]
    if options.get("output_mode") == "tf_idf":
        options["idf_weights"] = [0.25, 0.75, 0.6, 0.4]
    ours, theirs = both(keras, case[0], vocabulary=vocabulary, **options)
    assert_same(ours(data), theirs(data))
    assert_same(ours(data[0]), theirs(data[0]))
    assert ours.get_vocabulary() == [own.item() if hasattr(own, "item") else own for own in theirs.get_vocabulary()]
    assert ours.vocabulary_size() == theirs.vocabulary_size()
    assert plain(ours.get_config()) == plain(theirs.get_config())
    again = layers.from_config(keras.layers.serialize(theirs))
    assert np.array_equal(again(data), ours(data))


@pytest.mark.quick(8)
@each_case
def test_an_adapted_vocabulary_is_keras(case, keras):
    ours, theirs = both(keras, case[0], **options_of(case))
    data = np.array(GIVEN[case[0]][1])
    for layer in (ours, theirs):
        layer.adapt(data)
    assert ours.get_vocabulary() == [own.item() if hasattr(own, "item") else own for own in theirs.get_vocabulary()]
    assert_same(ours(data), theirs(data))


def test_vocabularies_from_iterables_files_and_back(keras, tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("b\na\nc\n")
    for ours, theirs in (both(keras, "StringLookup", vocabulary=str(path)), both(keras, "StringLookup")):
        if not ours.get_vocabulary(include_special_tokens=False):
            for layer in (ours, theirs):
                layer.adapt(iter([["x", "y"], ["y", "z"], ["never"]]), steps=2)
        assert ours.get_vocabulary() == [str(own) for own in theirs.get_vocabulary()]
        assert_same(ours(["y", "a"]), theirs(["y", "a"]))
        inverse = handnn.layers.StringLookup(vocabulary=ours.get_vocabulary(), invert=True)
        assert list(inverse([0, 1])) == ours.get_vocabulary()[:2]


@pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
def test_encoding_is_keras(mode, keras, rng):
    ours, theirs = both(keras, "CategoryEncoding", num_tokens=5, output_mode=mode)
    assert plain(ours.get_config()) == plain(theirs.get_config())
    for shape in ((), (1,), (3,), (2, 3), (2, 1), (2, 2), (2, 2, 3)):
        x = rng.integers(0, 5, shape)
        assert_same(ours(x), theirs(x))
        assert_same(ours(x + 0.7), theirs(x + 0.7))  # rounded down
        shapes = [side.compute_output_shape(shape) for side in (ours, theirs)]  # of three axes not that of the call
        assert shapes[0] == shapes[1]
        if mode == "count" and shape == (2, 3):
            weights = rng.random(shape).astype("float32")
            assert_same(ours(x, count_weights=weights), theirs(x, count_weights=weights))


@pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
def test_encoding_is_the_first_layer_of_a_model(mode, keras, rng):
    def network(module):
        x = module.Input((3,), dtype="int32", name="x")
        h = module.layers.CategoryEncoding(5, output_mode=mode, name="c")(x)
        h = module.layers.Dense(2, name="d")(module.layers.Flatten(name="f")(h))
        return module.Model(x, h, name="net")

    model = network(handnn)
    model.compile("sgd", "mse")
    report = verify_model(model, rng.integers(0, 5, (4, 3)), rng.normal(size=(4, 2)), optimizer=False)
    assert report.ok, report.verdict()
    assert plain(model.get_config()) == plain(network(keras).get_config())
    assert plain(handnn.Model.from_config(plain(model.get_config())).get_config()) == plain(model.get_config())


S, N, C = layers.StringLookup, layers.IntegerLookup, layers.CategoryEncoding
BAD = {
    "tokens": (lambda: N(max_tokens=1), "`max_tokens` must be greater than 1"),
    "unknown": (lambda: N(num_oov_indices=-1), "`num_oov_indices` must be >= 0"),
    "refused": (lambda: S(vocabulary=["a"], num_oov_indices=0)(["b"]), "inputs should be in vocabulary; received 'b'"),
    "twice": (lambda: S(vocabulary=["a", "a"]), r"at least one repeated term: \['a'\]"),
    "mask": (lambda: S(vocabulary=["a", "b"], mask_token="b"), "reserved mask token at unexpected location"),
    "empty": (lambda: S(vocabulary=[]), "Cannot set an empty vocabulary"),
    "many": (lambda: S(vocabulary=["a", "b"], max_tokens=2), "larger than the maximum vocab size"),
    "file": (lambda: S(vocabulary="none.txt"), "Vocabulary file none.txt does not exist"),
    "adapt": (lambda: S(vocabulary=["a"]).adapt(["b"]), "after setting a static vocabulary"),
    "hash": (lambda: S(num_oov_indices=2), "need TensorFlow's hashes"),
    "weights": (lambda: S(vocabulary=["a"], output_mode="tf_idf"), "`idf_weights` must be set"),
    "mode": (lambda: C(3, output_mode="x"), "Unknown arg for output_mode: x"),
    "number": (lambda: C(), "num_tokens must be set"),
    "symbolic": (lambda: N()(handnn.Input((2,))), "prepares arrays and has no derivative"),
    "count": (lambda: C(3)([1], count_weights=[1.0]), "`count_weights` is not used"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_line(case):
    call, words = BAD[case]
    with pytest.raises(ValueError, match=words) as raised:
        call()
    assert "\n" not in str(raised.value)


def test_they_are_in_no_network():
    assert not set(PREPARING) & {cls.__name__ for _, cls in layers.layers.items()}


@pytest.mark.parametrize("tokens", [5, 1])
def test_counts_weighted_by_an_input(tokens, keras):
    """z_c = sum of the w_i with x_i = c, as in Keras; its derivative, which Keras has not, against the linear form."""
    x, w = handnn.Input((3,), dtype="int32", name="x"), handnn.Input((3,), name="w")
    z = layers.CategoryEncoding(tokens, output_mode="count", name="own")(x, count_weights=w)
    model = handnn.Model([x, w], z)
    rng = np.random.default_rng(0)
    batch = rng.integers(0, 6, (4, 3)), rng.normal(size=(4, 3)).astype("float32")
    twin = keras.Model.from_config(plain(model.get_config()))
    rows = np.asarray(twin(list(batch)))
    assert np.all(np.abs(model.predict(list(batch)) - rows) <= 4 * np.finfo("float32").eps * np.abs(batch[1]).sum())
    assert handnn.Model.from_config(plain(twin.get_config())).get_config() == model.get_config()
    layer, t = model.get_layer("own"), handnn.core.trace.LayerTrace("own")
    batch[0][1:3, 1] = -1  # counts nowhere; Keras raises
    t.x = batch[0], batch[1].astype("float64")
    layer.forward(t)
    t.delta = rng.normal(size=t.z.shape).astype("float32")
    layer.backward(t)
    counted = [[row[c] if 0 <= c < tokens else 0 for c in own] for row, own in zip(t.delta, batch[0], strict=True)]
    assert np.array_equal(t.dx[1], np.array(counted, "float32"))


def test_layers_prepare_the_batches_of_a_tf_data_set(keras):
    """`dataset.map(layer)`, which Keras' examples are full of, gives what the layer gives on arrays."""
    import tensorflow as tf

    words, x = np.array(WORDS), np.random.default_rng(0).normal(size=(2, 3))
    scale, look = layers.Normalization(), layers.StringLookup(vocabulary=["a", "b", "c"])
    scale.adapt(x)
    model = handnn.Sequential([handnn.Input((3,)), layers.Rescaling(2.0), layers.Dense(4)])
    source = tf.data.Dataset.from_tensor_slices((words, x)).batch(2)
    found = source.map(lambda own, rows: (look(own), scale(rows), model(rows)))
    assert [spec.shape[1:].as_list() for spec in found.element_spec] == [[4], [3], [4]]
    for ours, expected in zip(next(iter(found)), (look(words), scale(x), model(x)), strict=True):
        assert np.array_equal(ours.numpy(), expected) and ours.numpy().dtype == expected.dtype
