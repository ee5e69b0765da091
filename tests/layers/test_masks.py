"""Masks of time steps: who makes them, who hands them on, and what a masked step does, as in Keras."""

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.layers.recurrent import rnn
from handnn.rounding.allowance import gamma, unit_roundoff
from handnn.testing import assert_explained_by_rounding
from handnn.verify import numeric_gradients, verify_model

TIMES, INPUTS = 5, 3


def padded(rng, samples=4):
    """Sequences with padding at the end, in the middle, at the start, and one of padding alone."""
    x = rng.normal(size=(samples, TIMES, INPUTS))
    x[0, 3:] = x[1, 0] = x[2, 1] = x[3] = 0
    return x


ABOVE = {
    **{
        f"{name} {options}": (getattr(layers, name), options)
        for name in ("SimpleRNN", "LSTM", "GRU")
        for options in (
            {},
            {"return_sequences": True},
            {"return_sequences": True, "go_backwards": True},
            {"return_sequences": True, "zero_output_for_mask": True, "unroll": True},
            {"zero_output_for_mask": True, "go_backwards": True},
            {"return_sequences": True, "zero_output_for_mask": True, "go_backwards": True, "unroll": True},
        )
    },
    "Dense": (layers.Dense, {"units": 2}),
    "BatchNormalization": (layers.BatchNormalization, {}),
    "BatchNormalization of steps": (layers.BatchNormalization, {"axis": 1}),
    "LayerNormalization": (layers.LayerNormalization, {}),
    "SpatialDropout1D": (layers.SpatialDropout1D, {"rate": 0.5}),
    "PReLU": (layers.PReLU, {}),
    "lost by Conv1D": (layers.Conv1D, {"filters": 2, "kernel_size": 2, "padding": "same"}),
    "lost by RMSNormalization": (layers.RMSNormalization, {}),
}
"""A layer that reads sequences with a mask, before the last Dense layer."""


def network(case, dtype):
    cls, options = ABOVE[case]
    if issubclass(cls, rnn.RNN):
        options = {"units": 4} | options
    stack = [handnn.Input((TIMES, INPUTS), dtype=dtype), layers.Masking(dtype=dtype, name="masking")]
    stack += [layers.Dense(INPUTS, "tanh", dtype=dtype, name="below"), cls(**options, dtype=dtype, name="reader")]
    model = handnn.Sequential([*stack, layers.Dense(2, dtype=dtype, name="top")], name="net")
    model.compile("sgd", "mse")
    return model


def batch(model, rng):
    x = padded(rng)
    model.set_weights([rng.uniform(0.5, 1, size=w.shape) * rng.choice((1, -1)) for w in model.weights])
    for weight in model.weights:
        weight.value[...] = np.abs(weight.value) if "variance" in weight.name else weight.value
    return x, rng.normal(size=(len(x), *model.output_shape[1:]))


@pytest.mark.filterwarnings("ignore:Layer 'reader'")
@pytest.mark.quick(4, cover={"dtype": None, "case": lambda case: case.partition(" ")[2]})
@pytest.mark.parametrize("case", ABOVE)
def test_what_reads_a_mask_is_keras(case, dtype, rng):
    model = network(case, dtype)
    x, y = batch(model, rng)
    report = verify_model(model, x, y, optimizer=False)
    assert report.ok, report.verdict()
    assert ("reader mask out" in {row.where for row in report}) == (len(y.shape) == 3 and "lost" not in case)


@pytest.mark.quick(2, cover={"case": lambda case: case.partition(" ")[2]})
@pytest.mark.parametrize("case", [case for case in ABOVE if "Dropout" not in case])
def test_gradients_with_masks_are_the_derivatives_of_the_loss(case, rng):
    model = network(case, "float64")
    ratios = numeric_gradients.network(model, *batch(model, rng), elements=6, training=True)
    assert max(ratios.values()) <= 1, ratios


def graph(module, dtype="float32"):
    """An Embedding's mask and a Masking's meet in every layer that merges."""
    layers = module.layers
    inputs = module.Input((TIMES,), dtype="int32"), module.Input((TIMES, INPUTS), dtype=dtype)
    a = layers.Embedding(6, INPUTS, mask_zero=True, dtype=dtype)(inputs[0])
    b = layers.Dense(INPUTS, dtype=dtype)(layers.Masking(mask_value=-1.0, dtype=dtype)(inputs[1]))
    c = layers.Conv1D(INPUTS, 1, dtype=dtype, name="without")(b)
    met = [cls(dtype=dtype)([a, b]) for cls in (layers.Add, layers.Maximum, layers.Minimum)]
    met += [layers.Maximum(dtype=dtype)([a, b, met[0]]), layers.Minimum(dtype=dtype)([c, a, b])]
    met += [layers.Multiply(dtype=dtype)([a, b]), layers.Multiply(dtype=dtype)([b, met[0], c])]
    met += [layers.Concatenate(dtype=dtype)([a, c]), layers.Concatenate(axis=1, dtype=dtype)([a, b])]
    out = [layers.GlobalAveragePooling1D(dtype=dtype)(layers.Dense(2, dtype=dtype)(part)) for part in met]
    model = module.Model(list(inputs), layers.Add(dtype=dtype)(out), name="net")
    model.compile("sgd", "mse")
    return model


def graph_batch(rng):
    x = padded(rng)
    x[x == 0] = -1
    ids = rng.integers(0, 3, (len(x), TIMES))
    ids[:, 2] = 1  # a mean over no steps would be NaN
    return [ids, x], rng.normal(size=(len(x), 2))


@pytest.mark.filterwarnings("ignore:Layer 'without'")
@pytest.mark.slow
def test_masks_meet_as_in_keras(rng, dtype):
    model = graph(handnn, dtype)
    report = verify_model(model, *graph_batch(rng), optimizer=False)
    assert report.ok, report.verdict()


@pytest.mark.filterwarnings("ignore:Layer 'without'")
@pytest.mark.slow
def test_keras_models_with_masks_come_back_the_same(rng, keras, tmp_path):
    """Keras lists the operations that compute masks among the layers; here they are none."""
    theirs = graph(keras)
    theirs.save(tmp_path / "keras.keras")
    ours = handnn.models.load_model(tmp_path / "keras.keras")
    assert len(theirs.operations) > len(ours.layers)
    assert [layer.name for layer in ours.layers_as_stored] == [layer.name for layer in theirs.layers]
    assert ours.layers != ours.layers_as_stored  # Keras' operations put layers at other depths
    ours.save(tmp_path / "ours.keras")
    again = keras.models.load_model(tmp_path / "ours.keras")
    x, y = graph_batch(rng)
    assert np.array_equal(again.predict(x, verbose=0), theirs.predict(x, verbose=0))
    report = verify_model(theirs, x, y, optimizer=False)
    assert report.ok, report.verdict()


def test_a_mask_does_not_reach_a_loop_whose_first_state_is_given(rng):
    inputs = handnn.Input((TIMES, INPUTS), dtype="float64"), handnn.Input((2,), dtype="float64")
    masked, reader = layers.Masking(dtype="float64")(inputs[0]), layers.GRU(2, dtype="float64", name="reader")
    model = handnn.Model(list(inputs), reader(masked, initial_state=[inputs[1]]))
    model.compile("sgd", "mse")
    x = [padded(rng), rng.normal(size=(4, 2))]
    report = verify_model(model, x, rng.normal(size=(4, 2)), optimizer=False)
    assert report.ok, report.verdict()
    assert np.array_equal(model.predict(x), reader(x[0], initial_state=[x[1]]))


@pytest.mark.quick(1)
@pytest.mark.parametrize("weighted", [False, True])
def test_loss_and_metrics_leave_out_what_is_masked(weighted, keras, rng, assert_agrees):
    stack = [handnn.Input((TIMES, INPUTS)), layers.Masking(), layers.Dense(1, "sigmoid")]
    ours = handnn.Sequential(stack, name="net")
    theirs = keras.Sequential.from_config(ours.get_config())
    theirs.set_weights(ours.get_weights())
    x, y = padded(rng), rng.integers(0, 2, (4, TIMES, 1)).astype("float32")
    weight = rng.random((4, TIMES)) if weighted else None
    options = {"metrics": ["mse", "bce"], "weighted_metrics": ["accuracy", "binary_crossentropy"]}
    found = []
    for model in (ours, theirs):
        model.compile("sgd", "binary_crossentropy", **options)
        logs = model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)
        found.append(dict(sorted(logs.items())))
    values = [np.array(list(part.values())) for part in found]
    growth = gamma(8 + x.shape[0] * TIMES, unit_roundoff("float32"))  # Keras adds so many numbers in float32
    assert list(found[0]) == list(found[1]) and (np.abs(values[0] - values[1]) <= growth * (1 + values[1])).all()
    report = verify_model(ours, x, y, weight, optimizer=False)
    assert report.ok, report.verdict()


def test_arrays_carry_their_mask(keras, rng):
    """As Keras' tensors do: a layer called on another's output knows which steps count."""
    ids, ours, theirs = rng.integers(0, 3, (4, TIMES)), [], []
    for module, found in ((handnn, ours), (keras, theirs)):
        found += [module.layers.Embedding(5, 2, mask_zero=True), module.layers.GRU(3, return_sequences=True)]
        found[1](found[0](ids))
    for own, other in zip(ours, theirs, strict=True):
        other.set_weights(own.get_weights())
    found, reference = (pair[1](pair[0](ids)) for pair in (ours, theirs))
    assert np.array_equal(found._keras_mask, np.asarray(reference._keras_mask))
    assert np.array_equal(found._keras_mask, ids != 0)
    assert type(found + 1) is np.ndarray
    assert not np.array_equal(found, ours[1](np.asarray(ours[0](ids)), mask=np.ones(ids.shape)))
    values = [float(module.losses.MeanSquaredError()(np.ones((4, TIMES, 3)), z)) for module, z in
              ((handnn, found), (keras, reference))]  # fmt: skip
    assert abs(values[0] - values[1]) <= gamma(found.size, unit_roundoff("float32")) * values[1]


def test_softmax_leaves_out_what_is_masked(keras, rng):
    x, mask = rng.normal(size=(3, 4)).astype("float32"), rng.random((3, 4)) < 0.6
    mask[0] = False
    found = layers.Softmax()(x, mask=mask)
    assert not found[~mask].any() and not found[0].any()
    reference = np.asarray(keras.layers.Softmax()(x, mask=mask))
    assert not reference[0].any()

    def shares(x):
        e = np.exp(x) * mask[1:]
        return e / np.sum(e, axis=1, keepdims=True)

    for side in (found, reference):
        assert_explained_by_rounding(side[1:], shares, x[1:])


BAD = {
    "mask of a symbol": (
        lambda: layers.GRU(2, name="g")(handnn.Input((3, 2)), mask=np.ones((1, 3))),
        "mask of g must be None on KerasTensors",
    ),
    "softmax": (lambda: layers.Softmax(name="s")(np.ones((2, 3)), mask=np.ones((2, 2))), "mask of s must have a shape"),
    "batch": (
        lambda: layers.BatchNormalization(name="b")(np.ones((2, 3)), mask=np.ones((2, 3))),
        "mask of b must have one axis fewer than x",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_line(case):
    call, words = BAD[case]
    with pytest.raises(ValueError, match=words) as raised:
        call()
    assert "\n" not in str(raised.value)
