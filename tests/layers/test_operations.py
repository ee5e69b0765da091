"""Operations on symbolic tensors: Keras' configs, every tensor spliced, derivatives by differences, slips seen."""

import json

import numpy as np
import pytest

import handnn
from handnn.core.trace import LayerTrace
from handnn.layers import operations
from handnn.layers.operations import arithmetic, elementwise, reading, shapes
from handnn.layers.operations.activations import FORMS
from handnn.verify import numeric_gradients, verify_model

CASES = {
    # x and y are (batch, 3, 4), and all of x is above 0
    "x + y": lambda m, x, y: x + y,
    "x - y": lambda m, x, y: x - y,
    "x * y": lambda m, x, y: x * y,
    "x / y": lambda m, x, y: x / y,
    "broadcast": lambda m, x, y: x[:, :1] / y,
    "x @ y": lambda m, x, y: x @ m.ops.transpose(y, (0, 2, 1)),
    "maximum": lambda m, x, y: m.ops.maximum(x, y),
    "minimum": lambda m, x, y: m.ops.minimum(x, y),
    "x + 2": lambda m, x, y: x + 2,
    "x - 2": lambda m, x, y: x - 2,
    "2 - x": lambda m, x, y: 2 - x,
    "2 * x": lambda m, x, y: 2 * x,
    "x / 3": lambda m, x, y: x / 3,
    "3 / x": lambda m, x, y: 3 / x,
    "x ** 2": lambda m, x, y: x**2,
    "x ** -1.5": lambda m, x, y: x**-1.5,
    "2 ** x": lambda m, x, y: 2**x,
    "0.5 ** x": lambda m, x, y: 0.5**x,
    "maximum of a number": lambda m, x, y: m.ops.maximum(y, 0.25),
    "maximum of a number first": lambda m, x, y: m.ops.maximum(0.25, y),
    "minimum of a number": lambda m, x, y: m.ops.minimum(y, 0.25),
    "minimum of a number first": lambda m, x, y: m.ops.minimum(0.25, y),
    "-x": lambda m, x, y: -x,
    "abs": lambda m, x, y: abs(y),
    "square": lambda m, x, y: m.ops.square(y),
    "sqrt": lambda m, x, y: m.ops.sqrt(x),
    "exp": lambda m, x, y: m.ops.exp(y),
    "log": lambda m, x, y: m.ops.log(x),
    "sin": lambda m, x, y: m.ops.sin(y),
    "cos": lambda m, x, y: m.ops.cos(y),
    "clip": lambda m, x, y: m.ops.clip(y, -0.5, 0.5),
    "sum": lambda m, x, y: m.ops.sum(y, axis=[1, 2], keepdims=True),
    "mean": lambda m, x, y: m.ops.mean(y, axis=1),
    "max": lambda m, x, y: m.ops.max(y, axis=-1),
    "min": lambda m, x, y: m.ops.min(y, axis=1, keepdims=True),
    "slice": lambda m, x, y: y[:, 1:, ::2],
    "reshape": lambda m, x, y: m.ops.reshape(y, (-1, 2, 6)),
    "expand_dims": lambda m, x, y: m.ops.expand_dims(y, -1),
    "squeeze": lambda m, x, y: m.ops.squeeze(y[:, :1], 1),
    "swapaxes": lambda m, x, y: m.ops.swapaxes(y, 1, 2),
    "transpose from behind": lambda m, x, y: m.ops.transpose(y, (0, -1, -2)),
    "flip": lambda m, x, y: m.ops.flip(y, 1),
    "concatenate": lambda m, x, y: m.ops.concatenate([x, y], axis=1),
    "stack": lambda m, x, y: m.ops.stack([x, y], axis=1),
    "stack last": lambda m, x, y: m.ops.stack([x, y], axis=-1),
    **{
        name: (lambda m, x, y, name=name: getattr(m.ops, name)(y))
        for name in ("relu", "sigmoid", "softmax", "gelu", "tanh", "leaky_relu", "log_softmax", "silu")
    },
    "activations.relu": lambda m, x, y: m.activations.relu(y, max_value=0.5),
}


def network(module, case, dtype):
    x, y = (module.Input((3, 4), dtype=dtype, name=name) for name in "xy")
    a = module.layers.Dense(4, dtype=dtype, name="a")(y)
    b = module.layers.Dense(4, "softplus", dtype=dtype, name="b")(x)
    flat = module.layers.Flatten(dtype=dtype, name="flat")(CASES[case](module, b, a))
    return module.Model([x, y], module.layers.Dense(2, dtype=dtype, name="top")(flat), name="net")


def batch(rng, dtype):
    x, y = (rng.normal(size=(5, 3, 4)).astype(dtype) for _ in range(2))
    return [x, y], rng.normal(size=(5, 2)).astype(dtype)


def plain(config):
    return json.loads(json.dumps(config))


@pytest.mark.quick(6)
@pytest.mark.parametrize("case", CASES)
def test_configs_go_to_keras_and_back(case, keras):
    handnn.utils.clear_session()
    ours = network(handnn, case, "float32")
    keras.utils.clear_session()
    theirs = network(keras, case, "float32")
    assert plain(ours.get_config()) == plain(theirs.get_config())
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert plain(handnn.Model.from_config(plain(theirs.get_config())).get_config()) == plain(theirs.get_config())
    assert plain(keras.Model.from_config(plain(ours.get_config())).get_config()) == plain(theirs.get_config())


@pytest.mark.quick(8)
@pytest.mark.parametrize("case", CASES)
def test_every_tensor_is_keras(case, dtype, rng):
    model = network(handnn, case, dtype)
    model.compile("sgd", "mse")
    report = verify_model(model, *batch(rng, dtype), optimizer=False)
    assert report.ok, report.verdict()


def test_every_operation_in_one_network_is_keras(rng):
    """Every tensor of every case, in the time of a few of them."""
    of, (x, y) = handnn.layers, (handnn.Input((3, 4), name=name) for name in "xy")
    a, b = of.Dense(4, name="a")(y), of.Dense(4, "softplus", name="b")(x)
    flat = of.Concatenate()([of.Flatten()(case(handnn, b, a)) for case in CASES.values()])
    model = handnn.Model([x, y], of.Dense(2, name="top")(flat), name="net")
    model.compile("sgd", "mse")
    report = verify_model(model, *batch(rng, "float32"), whole=False, optimizer=False)
    assert report.ok, report.verdict()


KINKS = {
    "clip": lambda m, x: m.ops.clip(x, -0.5, 2.0),
    "abs": lambda m, x: abs(x),
    "maximum": lambda m, x: m.ops.maximum(x, 2.0),
    "maximum of a number first": lambda m, x: m.ops.maximum(2.0, x),
    "minimum": lambda m, x: m.ops.minimum(x, 2.0),
    "minimum of a number first": lambda m, x: m.ops.minimum(2.0, x),
    "max of equals": lambda m, x: m.ops.max(x, axis=-1),
    "min of equals": lambda m, x: m.ops.min(x, axis=-1),
    "0 ** x": lambda m, x: 0.0**x,
    "(-2) ** x": lambda m, x: (-2.0) ** x,
}


@pytest.mark.parametrize("case", KINKS)
def test_derivatives_at_kinks_are_keras(case, keras, tf, rng):
    x = np.array([[-0.5, 2.0, 2.0, 0.0], [1.0, 1.0, 3.0, -0.5], [2.0, 2.0, 2.0, 2.0]], "float32")
    x = np.ceil(np.abs(x)) if "**" in case else x
    read = handnn.Input((4,))
    layer = handnn.Model(read, KINKS[case](handnn, read)).operations[-1]
    t = LayerTrace(layer.name)
    t.x = x
    layer.forward(t)
    t.delta = rng.integers(1, 5, t.z.shape).astype("float32")
    layer.backward(t)
    given = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(given)
        z = KINKS[case](keras, given)
    assert np.array_equal(t.dx, tape.gradient(z, given, output_gradients=t.delta))


@pytest.mark.quick(6)
@pytest.mark.parametrize("case", CASES)
def test_gradients_are_the_derivatives_of_the_loss(case, rng):
    model = network(handnn, case, "float64")
    model.compile("sgd", "mse")
    ratios = numeric_gradients.network(model, *batch(rng, "float64"), elements=4)
    assert max(ratios.values()) <= 1, ratios


MASKED = {
    "a + b": lambda m, a, b: a + b,
    "maximum": lambda m, a, b: m.ops.maximum(a, b),
    "concatenate": lambda m, a, b: m.ops.concatenate([a, b], axis=-1),
    "2 * a": lambda m, a, b: 2 * a,
    "relu": lambda m, a, b: m.activations.relu(a),
}


@pytest.mark.parametrize("case", MASKED)
@pytest.mark.quick(2)
def test_an_operation_loses_the_mask_as_in_keras(case, keras, rng):
    """`Add()([a, b])` hands it on, `a + b` does not."""

    def network(module):
        of = module.layers
        x = module.Input((6,), dtype="int32")
        a, b = (of.Embedding(4, 3, mask_zero=True)(x) for _ in "ab")
        return module.Model(x, of.Dense(1)(of.LSTM(2)(MASKED[case](module, a, b))))

    ours, ids = network(handnn), rng.integers(0, 4, (5, 6))
    ours.set_weights([rng.normal(size=weight.shape) for weight in ours.weights])
    ours.compile("sgd", "mse")
    report = verify_model(ours, ids, rng.normal(size=(5, 1)), optimizer=False)
    assert report.ok and any(row.check == "end to end" for row in report), report.verdict()
    theirs, x = network(keras), keras.ops.convert_to_tensor(ids)
    theirs.set_weights(ours.get_weights())
    states = keras.Model(theirs.inputs, theirs.layers[-2].input)
    assert getattr(states(x), "_keras_mask", None) is None


SLIPS = {
    "x / y": (arithmetic.DivideTensors, lambda self, t: (t.delta / t.x[1], t.delta * t.x[0] / t.x[1] / t.x[1])),
    "x @ y": (arithmetic.MatmulTensors, lambda self, t: (t.delta @ np.swapaxes(t.x[1], 1, 2), t.x[1] * 0)),
    "3 / x": (arithmetic.DivideByNumber, lambda self, t: -t.delta * self.constant(t.x) / t.x),
    "x ** 2": (arithmetic.PowerOfNumber, lambda self, t: t.delta * t.x),
    "2 ** x": (arithmetic.PowerOfNumber, lambda self, t: t.delta * t.z),
    "maximum of a number": (arithmetic.MaximumWithNumber, lambda self, t: t.delta),
    "abs": (elementwise.Absolute, lambda self, t: t.delta),
    "square": (elementwise.Square, lambda self, t: t.delta * t.x),
    "sqrt": (elementwise.Sqrt, lambda self, t: t.delta / t.z),
    "exp": (elementwise.Exp, lambda self, t: t.delta * t.x),
    "log": (elementwise.Log, lambda self, t: t.delta * t.x),
    "cos": (elementwise.Cos, lambda self, t: t.delta * np.sin(t.x)),
    "clip": (elementwise.Clip, lambda self, t: t.delta),
    "mean": (elementwise.Mean, lambda self, t: np.broadcast_to(self.wide(t), t.x.shape)),
    "max": (elementwise.Max, lambda self, t: np.broadcast_to(self.wide(t), t.x.shape)),
    "swapaxes": (shapes.Transpose, lambda self, t: t.delta.reshape(t.x.shape)),
    "flip": (shapes.Flip, lambda self, t: t.delta),
    "stack": (shapes.Stack, lambda self, t: (t.delta[:, 1], t.delta[:, 0])),
}


@pytest.mark.quick(3)
@pytest.mark.parametrize("case", SLIPS)
def test_a_slip_is_seen_where_it_is(case, rng, monkeypatch):
    cls, dx = SLIPS[case]

    def backward(self, t):
        t.dx = dx(self, t)

    model = network(handnn, case, "float32")
    model.compile("sgd", "mse")
    monkeypatch.setattr(cls, "backward", backward)
    first = verify_model(model, *batch(rng, "float32"), whole=False, optimizer=False).first_failure
    assert first.tensor.startswith("dx") and first.check == "splice"
    assert next(own for own in model.operations if own.name == first.layer).is_operation


def test_every_operation_has_a_case():
    found = {type(own) for case in CASES for own in network(handnn, case, "float32").operations if own.is_operation}
    known = {*reading.OF_ONE.values(), *arithmetic.OF_TENSORS.values(), *arithmetic.OF_NUMBERS.values()}
    assert found >= known | {shapes.GetItem, operations.activations.Activated}


def test_every_activation_is_keras_operation(keras):
    for (module, name), cls in FORMS.items():
        arguments = {"threshold": 0.5, "default_value": 1.0} if name == "Threshold" else {}
        handnn.utils.clear_session()
        keras.utils.clear_session()
        x = handnn.Input((4,), name="x")
        own = handnn.Model(x, cls(**arguments)(x) if name != "Relu" else handnn.ops.relu(x), name="net")
        assert (own.operations[-1].keras_module, own.operations[-1].keras_name) == (module, name)
        back = keras.Model.from_config(plain(own.get_config()))
        assert type(back.operations[-1]).__name__ == name
        assert plain(back.get_config()) == plain(own.get_config())


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda x: handnn.ops.mean(x), "axis of mean must be"),
        (lambda x: handnn.ops.sum(x, axis=0), "must not be the batch axis"),
        (lambda x: handnn.ops.max(x, axis=5), "axis of max must be of a tensor of 3 axes"),
        (lambda x: handnn.ops.reshape(x, (-1, 5)), r"newshape of reshape must be \(-1, ...\)"),
        (lambda x: handnn.ops.transpose(x), "starts with 0"),
        (lambda x: handnn.ops.squeeze(x, 1), "must have size 1"),
        (lambda x: x @ x, "a @ b needs tensors"),
        (lambda x: handnn.ops.stack([x, x[:, :1]], 1), "equal shapes"),
    ],
)
def test_bad_input(made, words):
    handnn.utils.clear_session()
    with pytest.raises(ValueError, match=words):
        made(handnn.Input((3, 4)))


def test_what_is_no_operation_is_said():
    x = handnn.Input((3, 4))
    with pytest.raises(TypeError, match="there is no operation for cumsum"):
        np.cumsum(x, axis=1)
    with pytest.raises(TypeError, match="has no values yet"):
        np.asarray(x)
    with pytest.raises(TypeError, match="needs two tensors"):
        x @ 2


def test_a_constant_of_a_config_is_a_number_or_an_array():
    for number in (2, 0.5, np.array([1.5, 2.0], "float32")):
        found = operations.base.read(json.loads(json.dumps(operations.base.stored(number))))
        assert type(found) is type(number) and np.array_equal(found, number)
    other = {"class_name": "__tensor__", "config": {"value": [1.0], "dtype": "float32"}}
    assert operations.base.read(other) is operations.base.read("2") is None
