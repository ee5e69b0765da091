"""Layers that give their input another shape: between other layers, with integers, and with mistakes planted."""

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.core.trace import LayerTrace
from handnn.verify import numeric_gradients, verify_model

CASES = [
    (layers.Identity, {}, (4,)),
    (layers.Identity, {}, (2, 3, 4)),
    (layers.Flatten, {}, (2, 3, 4)),
    (layers.Flatten, {"data_format": "channels_first"}, (4,)),
    (layers.Flatten, {"data_format": "channels_first"}, (2, 3)),
    (layers.Flatten, {"data_format": "channels_first"}, (2, 3, 4)),
    (layers.Reshape, {"target_shape": (3, 4, 2)}, (2, 3, 4)),
    (layers.Reshape, {"target_shape": (-1, 4)}, (2, 3, 4)),
    (layers.Reshape, {"target_shape": [2, -1]}, (6,)),
    (layers.Reshape, {"target_shape": (-1,)}, (2, 3)),
    (layers.Permute, {"dims": (1,)}, (4,)),
    (layers.Permute, {"dims": (2, 1)}, (3, 4)),
    (layers.Permute, {"dims": (3, 1, 2)}, (2, 3, 4)),
    (layers.RepeatVector, {"n": 1}, (4,)),
    (layers.RepeatVector, {"n": 3}, (4,)),
]
each_case = pytest.mark.parametrize(
    "case", CASES, ids=[f"{c.__name__} {' '.join(map(str, o.values()))} {s}" for c, o, s in CASES]
)


def network(case, dtype):
    cls, options, shape = case
    stack = [handnn.Input(shape, dtype=dtype), layers.Dense(shape[-1], "tanh", dtype=dtype)]
    stack += [cls(**options, dtype=dtype, name="shape"), layers.Dense(3, "sigmoid", dtype=dtype)]
    model = handnn.Sequential([*stack, layers.Flatten(dtype=dtype), layers.Dense(2, dtype=dtype)], name="net")
    model.compile("sgd", "mse")
    return model


def verified(case, dtype, rng):
    model = network(case, dtype)
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return verify_model(model, rng.normal(size=(5, *case[2])), rng.normal(size=(5, 2)), optimizer=False)


@pytest.mark.quick(6)
@each_case
def test_formulas_are_keras(case, dtype, rng):
    report = verified(case, dtype, rng)
    assert report.ok, report.verdict()


@each_case
def test_dx_is_the_derivative_of_the_forward_formula(case, rng):
    cls, options, shape = case
    layer, x = cls(**options, dtype="float64"), rng.normal(size=(2, *shape))
    layer.build((None, *shape))

    def forward(point):
        t = LayerTrace("shape")
        t.x = point
        layer.forward(t)
        return t.z

    cotangent = rng.normal(size=forward(x).shape)

    def backward(point):
        t = LayerTrace("shape")
        t.x, t.delta = point, cotangent
        layer.backward(t)
        return t.dx

    assert numeric_gradients.check(forward, backward, x, cotangent).ratio <= 1
    assert forward(x).shape[1:] == layer.compute_output_shape((None, *shape))[1:]


@each_case
def test_integers_pass_as_they_are(case, keras, rng):
    """... in values and, where Keras' own description says so, in the config of the layer behind."""
    cls, options, shape = case
    x, configs = rng.integers(0, 5, (3, *shape)), []
    for module in (handnn, keras):
        start = module.Input(shape, dtype="int32", name="start")
        between = getattr(module.layers, cls.__name__)(**options, name="shape")(start)
        model = module.Model(start, module.layers.Embedding(5, 2, name="table")(between), name="net")
        model.set_weights([np.arange(10.0).reshape(5, 2)])
        configs.append((model.get_config(), np.asarray(model(x.astype("int32")))))
    assert handnn.Model.from_config(configs[1][0]).get_config() == configs[0][0]
    assert str(configs[0][0]["layers"][-1]["inbound_nodes"]) == str(configs[1][0]["layers"][-1]["inbound_nodes"])
    assert np.array_equal(configs[0][1], configs[1][1])


@pytest.mark.parametrize("start", [(4,), (2, 3)])
def test_identity_keeps_the_logits(start, rng):
    x = handnn.Input(start)
    model = handnn.Model(x, layers.Identity()(layers.Dense(3, "softmax", name="softmax")(x)))
    model.compile("sgd", "categorical_crossentropy")
    assert model.fused
    y = np.eye(3)[rng.integers(0, 3, (5, *start[:-1]))]
    assert verify_model(model, rng.normal(size=(5, *start)), y).ok


def planted(cls, backward):
    return lambda patch: patch.setattr(cls, "backward", backward)


def delta_as_x(self, t):
    t.dx = t.delta.reshape(t.x.shape)


def permuted_again(self, t):
    t.dx = np.transpose(t.delta, (0, *self.dims))


def not_summed(self, t):
    t.dx = t.delta[:, 0]


def averaged(self, t):
    t.dx = np.sum(t.delta, axis=1) / self.n


MISTAKES = {
    "channels not moved back": (CASES[5], planted(layers.Flatten, delta_as_x)),
    "order not put back": (CASES[12], planted(layers.Permute, permuted_again)),
    "reshaped, not permuted": (CASES[11], planted(layers.Permute, delta_as_x)),
    "copies not summed": (CASES[14], planted(layers.RepeatVector, not_summed)),
    "copies averaged": (CASES[14], planted(layers.RepeatVector, averaged)),
}


@pytest.mark.quick(2)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_formula_is_seen_where_it_is(mistake, dtype, monkeypatch, rng):
    case, plant = MISTAKES[mistake]
    plant(monkeypatch)
    report = verified(case, dtype, rng)
    assert {row.where for row in report.failures} == {"shape dx"}


BAD = {
    "data_format": (lambda: layers.Flatten("channels"), "data_format must be"),
    "number": (lambda: layers.Reshape(3), "target_shape must hold integers"),
    "zero": (lambda: layers.Reshape((0, 3)), "target_shape must hold integers"),
    "two left": (lambda: layers.Reshape((-1, -1)), "target_shape can hold only one -1"),
    "elements": (lambda: layers.Reshape((4,))(handnn.Input((3,))), "must hold the 3 elements"),
    "division": (lambda: layers.Reshape((-1, 2))(handnn.Input((3,))), "must hold the 3 elements"),
    "dims": (lambda: layers.Permute((0, 1)), "dims must hold 1, 2"),
    "dims number": (lambda: layers.Permute(1), "dims must hold 1, 2"),
    "dims axes": (lambda: layers.Permute((2, 1))(handnn.Input((3,))), "cannot take inputs of shape"),
    "n": (lambda: layers.RepeatVector(0), "n must be an integer >= 1"),
    "n float": (lambda: layers.RepeatVector(2.0), "n must be an integer >= 1"),
    "n of matrices": (lambda: layers.RepeatVector(2)(handnn.Input((2, 3))), "repeats rows"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_line(case):
    call, words = BAD[case]
    with pytest.raises(ValueError, match=words) as raised:
        call()
    assert "\n" not in str(raised.value)
