"""Correct networks are never called wrong. More of them: `python -m handnn.proof.random --count 1000`."""

from collections import defaultdict

import numpy as np
import pytest

from handnn import Sequential, activations, layers, losses, optimizers
from handnn.proof.cases.layers import ONLY_FLOAT32
from handnn.proof.random import networks as random_networks, run
from handnn.proof.random.layers import HALVING
from handnn.verify import verify_model

SEED, COUNT = 11, 6


NUMBERS = [*range(3), *(pytest.param(number, marks=pytest.mark.slow) for number in range(3, COUNT))]


@pytest.mark.quick(1)
@pytest.mark.parametrize("number", NUMBERS)
def test_a_correct_network_is_verified(number, keras):
    drawn = random_networks.network(SEED, number)
    report = random_networks.verify(drawn)
    assert not report.wrong, report.verdict()
    assert random_networks.round_trip(drawn.model) == ""


@pytest.mark.parametrize(("activation", "z"), [("tanh", 7.5), ("tanh", 8.5), ("sigmoid", 12.5), ("sigmoid", 15)])
@pytest.mark.quick(2)
def test_saturated_networks_are_verified_end_to_end(activation, z, keras, rng):
    """Behind a saturated unit 1 - a^2 is mostly the rounding of a. Such networks were called wrong."""
    stack = [layers.Dense(2, activation=activation, name="saturated"), layers.Dense(3, name="output")]
    model = Sequential([layers.Input((5,), name="input"), *stack], name="net")
    model.compile("sgd", "mse")
    x, kernel = rng.uniform(0.5, 1, (1, 5)), rng.uniform(0.5, 1, (5, 2))
    kernel *= z / np.dot(x, kernel)
    model.set_weights([kernel, np.zeros(2), rng.normal(size=(2, 3)), rng.normal(size=3)])
    report = verify_model(model, x, rng.normal(size=(1, 3)))
    assert report.ok, report.verdict()


def test_a_mask_of_keras_that_keeps_nothing(keras):
    """One element, dropped by Keras with this seed and kept by handnn: that says nothing about the scale."""
    dense, dropout = layers.Dense(1, name="dense"), layers.Dropout(0.75, seed=5, name="dropout")
    model = Sequential([layers.Input((2,), name="input"), dense, dropout, layers.Dense(2, name="output")], name="net")
    model.compile("sgd", "mse")
    report = verify_model(model, np.ones((1, 2)), np.zeros((1, 2)), optimizer=False)
    assert report.ok, report.verdict()


HAND_ON = {
    "linear": lambda: layers.Activation("linear", name="tail"),
    "dropout of nothing": lambda: layers.Dropout(0.0, name="tail"),
}


@pytest.mark.parametrize("tail", HAND_ON)
def test_softmax_behind_a_layer_that_does_nothing(tail, keras, rng):
    stack = [layers.Input((3,), name="input"), layers.Dense(4, activation="softmax", name="output"), HAND_ON[tail]()]
    model = Sequential(stack, name="net")
    model.compile("sgd", "categorical_crossentropy")
    report = verify_model(model, rng.normal(size=(5, 3)), rng.dirichlet(np.ones(4), 5))
    assert report.ok, report.verdict()


@pytest.mark.quick(1)
def test_a_focal_loss_fused_behind_layers_that_hand_on(keras, rng, dtype):
    """The loss reaches z through a as well; and below BatchNormalization db is nothing but rounding."""
    stack = [layers.Input((4,), dtype=dtype), layers.Dense(5, dtype=dtype), layers.BatchNormalization(dtype=dtype)]
    stack += [layers.Dense(3, "sigmoid", dtype=dtype), layers.Identity(dtype=dtype)]
    stack += [layers.ActivityRegularization(0.1, 0.2, dtype=dtype), layers.Identity(dtype=dtype)]
    model = Sequential(stack, name="net")
    model.compile("sgd", losses.BinaryFocalCrossentropy(dtype=dtype))
    report = verify_model(model, rng.normal(size=(9, 4)), rng.integers(0, 2, (9, 3)))
    assert report.ok, report.verdict()


def test_penalties_beside_a_loss_that_is_not_reduced(keras, rng):
    """Keras adds the penalty to each of the values, whose sum is differentiated: it counts once for each."""
    rules = {"kernel_regularizer": "l2", "activity_regularizer": "l1"}
    stack = [layers.Input((4,)), layers.Dense(5, "tanh", **rules), layers.Dense(3)]
    model = Sequential(stack, name="net")
    model.compile("sgd", losses.MeanSquaredError(reduction="none"))
    x, y = rng.normal(size=(7, 4)), rng.normal(size=(7, 3))
    assert (model.trace(x, y).loss > model.trace(x, y).values).all()
    report = verify_model(model, x, y)
    assert report.ok, report.verdict()


@pytest.fixture(scope="module")
def many():
    """Enough of them with this seed that everything is drawn; they take seconds to make, so not every day."""
    return [random_networks.network(32, number, max_width=20, max_batch=20) for number in range(400)]


@pytest.mark.slow
def test_every_activation_loss_layer_and_optimizer_is_drawn(many):
    models = [drawn.model for drawn in many]
    stack = [layer for model in models for layer in model.layers]
    assert {layer.activation.name for layer in stack} == set(activations.activations)
    drawn = {cls for _, cls in layers.layers.items() if not hasattr(cls, "state_size")}
    assert {type(layer) for layer in stack} == drawn
    assert {type(model.loss) for model in models} == {cls for _, cls in losses.losses.items()}
    known = (*optimizers.optimizers.items(), *optimizers.wrappers.items())
    assert {type(model.optimizer) for model in models} == {cls for _, cls in known}
    assert {model.loss.reduction for model in models} == set(losses.REDUCTIONS)


@pytest.mark.slow
def test_a_halving_activation_is_the_last(many):
    """Keras' Dense does not account for the halved width, so that the shape of a layer behind it would be another."""
    halving = [drawn.model for drawn in many if any(f.activation.name in HALVING for f in drawn.model.layers)]
    assert halving
    assert all(layer.activation.name not in HALVING for model in halving for layer in model.layers[:-1])


@pytest.mark.parametrize(
    "property_of",
    [
        lambda drawn: drawn.model.class_name,
        lambda drawn: drawn.model.layers[-1].dtype,
        lambda drawn: isinstance(drawn.x, list),
        lambda drawn: any(len(readers) > 1 for readers in drawn.model._consumers),
        lambda drawn: any(layer.activity_regularizer is not None for layer in drawn.model.layers),
        lambda drawn: any(weight.regularizer is not None for weight in drawn.model.weights),
        lambda drawn: any(weight.constraint is not None for weight in drawn.model.weights),
        lambda drawn: any(not layer.trainable for layer in drawn.model.layers),
        lambda drawn: drawn.model.fused,
        lambda drawn: drawn.model.loss.dtype == drawn.model.layers[-1].dtype,
        lambda drawn: drawn.model.loss.from_logits,
        lambda drawn: bool(getattr(drawn.model.loss, "label_smoothing", 0)),
        lambda drawn: drawn.sample_weight is None,
        lambda drawn: any(getattr(layer, "bias", 0) is None for layer in drawn.model.layers),
        lambda drawn: len(drawn.y) == 1,
        lambda drawn: bool(getattr(drawn.model.optimizer, "momentum", 0)),
        lambda drawn: getattr(drawn.model.optimizer, "nesterov", False),
        lambda drawn: getattr(drawn.model.optimizer, "amsgrad", False),
        lambda drawn: getattr(drawn.model.optimizer, "centered", False),
        lambda drawn: drawn.model.optimizer.use_ema,
        lambda drawn: drawn.model.optimizer.weight_decay is None,
    ],
)
@pytest.mark.slow
def test_both_kinds_are_drawn(property_of, many):
    assert len({property_of(drawn) for drawn in many}) == 2


@pytest.mark.slow
def test_sizes_are_drawn_over_their_range(many):
    assert {len(drawn.y) for drawn in many} >= set(range(1, 21))
    dense = [[layer.units for layer in drawn.model.layers if isinstance(layer, layers.Dense)] for drawn in many]
    assert {len(units) for units in dense} >= set(range(1, 7))
    assert max(len(units) for units in dense) > 15
    assert {width for units in dense for width in units} >= set(range(1, 21))


@pytest.mark.slow
def test_extremes_are_drawn(many):
    sizes = [np.abs(w).max() for drawn in many for w in drawn.model.get_weights() if w.size and w.any()]
    assert min(sizes) < 1e-5 and max(sizes) > 1e3
    inputs = [np.abs(x).max() for drawn in many for x in (drawn.x if isinstance(drawn.x, list) else [drawn.x])]
    assert 0 in inputs and min(size for size in inputs if size) < 1e-4 and max(inputs) > 1e3
    plain = [drawn.model.optimizer for drawn in many if not drawn.model.optimizer.inner_optimizers]
    rates = [float(optimizer.learning_rate) for optimizer in plain]
    assert min(rates) < 1e-6 and max(rates) > 1e4
    one_input = [drawn.x for drawn in many if not isinstance(drawn.x, list) and len(drawn.y) > 4]
    assert any((np.ptp(x.reshape(len(x), -1), axis=0) == 0).any() and x.any() for x in one_input)
    hard = [drawn.y for drawn in many if drawn.model.loss.targets in ("binary", "one_hot")]
    assert any(np.isin(y, (0, 1)).all() for y in hard) and any(not np.isin(y, (0, 1)).all() for y in hard)


@pytest.mark.slow
def test_nothing_is_left_out_because_it_overflows(many):
    def largest(drawn):
        with np.errstate(all="ignore"):
            return np.max(np.abs(drawn.model.predict(drawn.x)))

    assert any(not largest(drawn) < 1e30 for drawn in many)


def test_one_network_in_twenty_is_large(monkeypatch):
    monkeypatch.setattr(random_networks, "draw", lambda rng, **sizes: sizes["weights"])
    limits = [random_networks.network(0, number) for number in range(40)]
    assert limits.count((10**6 + 1, 4 * 10**6)) == 2 and limits.count((0, 10**6)) == 38


@pytest.mark.slow
def test_every_option_is_drawn():
    """Of every layer, loss and optimizer, but for those that handnn refuses or of which Keras' config says nothing."""
    seen = defaultdict(set)
    for number in range(8000):
        model = random_networks.network(77, number, max_width=20, max_batch=4).model
        for own in (*model.layers, model.loss, model.optimizer, *model.optimizer.inner_optimizers):
            for option, value in own.get_config().items():
                seen[type(own).__name__, option].add(repr(value))
    refused = ("quantization_config", "synchronized", "rms_scaling")
    refused += ("input_dim", "optimizer_map", "name", "sparse", "ragged", "optional", "seed", "fill_mode")
    refused += ("return_state", "stateful")  # of LSTM, GRU
    single = {where for where, values in seen.items() if len(values) == 1 and where[1] not in refused}
    single -= {(cls, "dtype") for cls in ONLY_FLOAT32} | {("MultiOptimizer", "loss_scale_factor")}
    single -= {("SimpleRNN", "activity_regularizer")}  # Keras drops it
    single -= {("MultiHeadAttention", "activity_regularizer")}  # handnn refuses it
    for rank in "123":  # what TensorFlow lacks on a CPU: layers/test_convolution.py
        own = {(f"Conv{rank}DTranspose", option) for option in ("data_format", "dilation_rate")}
        single -= own | {(f"Conv{rank}D", "data_format")}
    assert not single, single


def test_seed_and_number_decide_the_network():
    one, same, other = (random_networks.network(5, number) for number in (1, 1, 2))
    assert one.model.get_config() == same.model.get_config() != other.model.get_config()
    assert all(map(np.array_equal, one.model.get_weights(), same.model.get_weights()))
    assert np.array_equal(one.x, same.x)
    assert np.array_equal(one.y, same.y)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["Sequential", "Functional"])
def test_a_config_that_changes_on_its_way_is_seen(kind, keras, monkeypatch):
    drawn = next(d for n in range(20) if (d := random_networks.network(SEED, n)).model.class_name == kind)
    model, config = drawn.model, drawn.model.get_config()
    monkeypatch.setattr(layers.Dense, "get_config", lambda self: layers.Layer.get_config(self) | {"units": self.units})
    assert model.get_config() != config
    assert random_networks.round_trip(model) == "the config is another one behind Keras"


@pytest.mark.slow
def test_command_counts_prints_and_goes_on(capsys, keras, monkeypatch, tmp_path):
    record = str(tmp_path / "record.jsonl")
    assert run.main(["--count", "1", "--seed", str(SEED), "--record", record]) == 0
    printed = capsys.readouterr().out
    monkeypatch.setattr(run, "judged", lambda *given: pytest.fail("it is in the record"))
    assert run.main(["--count", "1", "--seed", str(SEED), "--record", record]) == 0
    assert capsys.readouterr().out == printed
    assert "1 network" in printed
    assert "0 false alarms" in printed
    assert "UNDECIDED" in printed
    assert "dW, Dense" in printed


@pytest.mark.slow
def test_command_reports_what_is_called_wrong(capsys, keras, monkeypatch):
    monkeypatch.setattr(layers.Dense, "forward", lambda self, t: setattr(t, "z", np.dot(t.x, 1.01 * self.kernel.value)))
    assert run.main(["--count", "1", "--seed", str(SEED)]) == 1
    assert f"FALSE ALARM networks.network({SEED}, 0)" in capsys.readouterr().out


@pytest.mark.quick(1)
@pytest.mark.parametrize("size", [1e4, 1e5, 1e6, 1e7])
@pytest.mark.parametrize("name", ["BatchNormalization", "LayerNormalization", "GroupNormalization"])
def test_normalizing_what_hardly_varies(name, size, dtype, rng):
    """Of deviations that are 1 / size of the mean, x itself keeps few digits: the allowance grows, and then says so."""
    options = {"groups": 2} if name == "GroupNormalization" else {}
    normal = getattr(layers, name)(dtype=dtype, **options)
    model = Sequential([layers.Input((4,), dtype=dtype), normal, layers.Dense(3, "tanh", dtype=dtype)])
    model.compile("sgd", "mse")
    report = verify_model(model, size + rng.normal(size=(12, 4)), rng.normal(size=(12, 3)))
    assert all(row.ok or row.undecided for row in report), report
    assert report.ok or size * np.finfo(dtype).eps > 0.1
