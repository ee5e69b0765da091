"""Regularizers inside layers: in the loss, in the gradient, over the samples, and nowhere else."""

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.models.network import Network
from handnn.regularizers import L1, L1L2, L2, OrthogonalRegularizer
from handnn.core.trace import LayerTrace
from handnn.rounding import allowance
from handnn.verify import end_to_end, numeric_gradients, verify_model
from handnn.verify.report import Report
from handnn.rounding.bounded import Bounded

EACH = {"l1": L1(0.03), "l2": L2(0.2), "l1l2": L1L2(0.03, 0.2), "orthogonal": OrthogonalRegularizer(0.5)}
NOT_ORTHOGONAL = [name for name in EACH if name != "orthogonal"]


def dense(units, activation=None, dtype="float32", **options):
    return layers.Dense(units, activation, dtype=dtype, **options)


def on_kernel(r, dtype):
    return [dense(4, "tanh", dtype, kernel_regularizer=r), dense(3, None, dtype, kernel_regularizer=r)], "mse"


def on_bias(r, dtype):
    return [dense(4, "tanh", dtype, bias_regularizer=r), dense(3, None, dtype, bias_regularizer=r)], "mse"


def on_hidden_output(r, dtype):
    return [dense(4, "tanh", dtype, activity_regularizer=r), dense(3, None, dtype)], "mse"


def on_output(r, dtype):
    return [dense(4, "tanh", dtype), dense(3, None, dtype, activity_regularizer=r)], "mse"


def on_fused_softmax(r, dtype):
    return [dense(4, "tanh", dtype), dense(3, "softmax", dtype, activity_regularizer=r)], "categorical_crossentropy"


def on_fused_sigmoid(r, dtype):
    return [dense(4, "tanh", dtype), dense(3, "sigmoid", dtype, activity_regularizer=r)], "binary_crossentropy"


def on_unfused_softmax(r, dtype):
    return [dense(4, "tanh", dtype), dense(3, "softmax", dtype, activity_regularizer=r)], "mse"


def above_the_logits(r, dtype):
    above = [layers.ActivityRegularization(0.02, 0.1, dtype=dtype)]
    above += [layers.Activation("linear", dtype=dtype, activity_regularizer=r)]
    return [dense(4, "tanh", dtype), dense(3, "softmax", dtype), *above], "categorical_crossentropy"


def on_dropout(r, dtype):
    drop = layers.Dropout(0.4, seed=3, dtype=dtype, activity_regularizer=r)
    return [dense(4, "tanh", dtype), drop, dense(3, None, dtype)], "mse"


def on_noise(r, dtype):
    noise = layers.GaussianNoise(0.4, seed=3, dtype=dtype, activity_regularizer=r)
    return [dense(4, "tanh", dtype), noise, dense(3, None, dtype)], "mse"


def on_activation(r, dtype):
    relu = layers.ReLU(dtype=dtype, activity_regularizer=r)
    return [dense(4, None, dtype), relu, dense(3, None, dtype)], "mse"


def on_flatten(r, dtype):
    flatten = layers.Flatten(dtype=dtype, activity_regularizer=r)
    return [dense(4, "tanh", dtype, activity_regularizer=r), flatten, dense(3, None, dtype)], "mse"


def on_alpha(r, dtype):
    prelu = layers.PReLU("random_normal", alpha_regularizer=r, dtype=dtype, activity_regularizer=r)
    return [dense(4, None, dtype), prelu, dense(3, None, dtype)], "mse"


def everywhere(r, dtype):
    every = {"kernel_regularizer": r, "bias_regularizer": "l2", "activity_regularizer": r}
    return [dense(4, "tanh", dtype, **every), dense(3, "softmax", dtype, **every)], "categorical_crossentropy"


def frozen(r, dtype):
    """Without a penalty on its weights, with one on its output."""
    every = {"kernel_regularizer": r, "bias_regularizer": r, "activity_regularizer": r}
    return [dense(4, "tanh", dtype, **every, trainable=False), dense(3, None, dtype, **every)], "mse"


HOLDERS = (
    *(on_kernel, on_bias, on_hidden_output, on_output, on_fused_softmax, on_fused_sigmoid, on_unfused_softmax),
    *(above_the_logits, on_dropout, on_noise, on_activation, on_flatten, on_alpha, everywhere, frozen),
)
PLACES = {function.__name__: function for function in HOLDERS}
VECTORS = ("on_bias", "on_alpha", "frozen")
CASES = [(place, name, dtype) for place in PLACES for name in NOT_ORTHOGONAL for dtype in ("float32", "float64")]
CASES += [(place, "orthogonal", "float32") for place in PLACES if place not in VECTORS]  # Keras: no float64

each_case = pytest.mark.parametrize(("place", "name", "dtype"), CASES, ids=["-".join(case) for case in CASES])


def compiled(place, regularizer, dtype, rng, optimizer="sgd"):
    stack, loss = PLACES[place](regularizer, dtype)
    for i, layer in enumerate(stack):
        layer.name = f"layer_{i}"
    model = handnn.Sequential([handnn.Input((5,), dtype=dtype), *stack], name="net")
    model.compile(optimizer, loss)
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return model


def batch(rng, samples=7):
    return rng.normal(size=(samples, 5)), np.eye(3)[rng.integers(0, 3, samples)]


@pytest.mark.quick(2)
@each_case
def test_penalties_are_keras(place, name, dtype, rng):
    """In the loss, in every gradient, spliced and end to end, with sample weights, in training and inference."""
    model = compiled(place, EACH[name], dtype, rng)
    for training in (True, False):
        report = verify_model(model, *batch(rng), rng.uniform(0.5, 2, 7), training=training)
        assert report.ok, report.verdict()


@pytest.mark.quick(1)
@pytest.mark.parametrize("place", PLACES)
def test_penalties_beside_a_loss_that_is_not_reduced(place, rng, keras):
    """Keras adds the penalty to each of the values, whose sum is differentiated: it counts once for each."""
    model = compiled(place, L1L2(0.03, 0.2), "float64", rng)
    model.compile("sgd", type(model.loss)(reduction="none", dtype="float64"))
    for samples in (1, 2, 7):
        x, y = batch(rng, samples)
        assert model.trace(x, y).loss.shape == (samples,)
        report = verify_model(model, x, y)
        assert report.ok, report.verdict()


@pytest.mark.quick(3)
@each_case
def test_the_model_itself_adds_them_too(place, name, dtype, rng, keras):
    """Loss and gradients of Keras' model called whole, with its own `losses`, in place of the opened twin's."""
    from tf_reference import KerasTwin

    model = compiled(place, EACH[name], dtype, rng)
    x, y, _ = model.prepare_batch(*batch(rng))
    twin = KerasTwin(model.get_config(), model.get_weights(), model.loss)
    reference = twin.trace(x, y)
    reference.loss, gradients = twin.loss_and_gradients(x, y)
    own = iter(gradients)
    for t in reference:
        t.gradients = {weight: next(own) for weight in t.gradients}
    report = Report("whole")
    report.add(end_to_end.whole(model, x, y, None, reference))
    assert report.ok, report.verdict()
    assert float(reference.loss) > float(reference.data_loss)


@pytest.mark.quick(3)
@pytest.mark.parametrize("place", PLACES)
def test_gradients_are_those_of_the_loss_with_its_penalties(place, rng):
    """By differences, without TensorFlow."""
    model = compiled(place, L1L2(0.03, 0.2), "float64", rng)
    for layer in model.layers:
        layer.trainable = True  # a frozen weight has no gradient to check
    model.connect()
    ratios = numeric_gradients.network(model, *batch(rng))
    assert max(ratios.values()) <= 1, ratios


def test_the_orthogonal_gradient_by_differences(rng):
    model = compiled("everywhere", OrthogonalRegularizer(0.5), "float64", rng)
    ratios = numeric_gradients.network(model, *batch(rng))
    assert max(ratios.values()) <= 1, ratios


@pytest.mark.slow
def test_fit_and_evaluate_report_the_loss_with_its_penalties(keras, rng, assert_within_allowance):
    """All four are the loss of all samples: a penalty over those of a batch is weighted by their number."""
    from tf_reference import KerasTwin

    model = compiled("everywhere", L1L2(0.03, 0.2), "float32", rng, handnn.optimizers.SGD(0.0))
    x, y, _ = model.prepare_batch(*batch(rng, 10))
    theirs = keras.Sequential.from_config(model.get_config())
    theirs.compile(keras.optimizers.SGD(0.0), "categorical_crossentropy", run_eagerly=True)
    theirs.set_weights(model.get_weights())
    reference = KerasTwin(model.get_config(), model.get_weights(), model.loss).trace(x, y)
    options = {"batch_size": 4, "verbose": 0}
    for network in (model, theirs):
        for loss in (network.evaluate(x, y, **options), *network.fit(x, y, shuffle=False, **options).history["loss"]):
            reference.loss = np.float32(loss)
            whole = end_to_end.whole(model, x, y, None, reference)
            assert_within_allowance(next(comparison for comparison in whole if comparison.tensor == "loss whole"))
    assert float(reference.loss) > 1.5 * float(reference.data_loss)


@pytest.mark.parametrize("outer", [(), (3,)])
def test_penalties_of_outputs_are_over_the_samples(outer, keras, tf, rng):
    """Twice the same samples: the penalty of the outputs stays, while R(a) doubles."""
    x = rng.normal(size=(4, *outer, 5)).astype("float32")
    theirs = keras.layers.Activation("tanh", activity_regularizer=keras.regularizers.L2(0.5))
    ours = layers.Activation("tanh", activity_regularizer=L2(0.5))
    found, bounds = [], []
    for given in (x, np.concatenate([x, x])):
        a = theirs(tf.constant(given)).numpy()
        t = LayerTrace("a")
        t.a = a
        found.append((ours.penalty(t), float(theirs.losses[0])))
        bounds.append(0.5 * np.sum(np.square(Bounded(a))) / len(a))
    for (mine, keras_penalty), bound in zip(found, bounds, strict=True):
        allowed = allowance.of(bound.error, "float32")
        assert abs(mine - keras_penalty) <= allowed
        assert abs(found[0][1] - keras_penalty) <= 2 * allowed


@pytest.mark.parametrize("of_output", [None, L2(0.5)], ids=["kernel", "kernel and output"])
def test_a_layer_in_two_places_has_one_penalty_for_its_weights(of_output):
    """Of zeros nothing else has a slope: what is left is 2 l W, once."""
    own = {"kernel_regularizer": L2(0.5), "activity_regularizer": of_output}
    x, shared = handnn.Input((3,), dtype="float64"), dense(3, None, "float64", **own)
    model = handnn.Model(x, dense(2, None, "float64")(shared(shared(x))), name="net")
    model.compile("sgd", "mse")
    _, gradients = model.loss_and_gradients(np.zeros((4, 3)), np.ones((4, 2)))
    assert np.array_equal(gradients[0], shared.kernel.value)


def test_a_penalty_that_overflows_leaves_its_slope_open(keras):
    """TensorFlow computes the slope of l2 a^2 as l2 (2 a), which is infinite before l2 makes it small."""
    model = handnn.Sequential(
        [
            layers.Input((2,)),
            layers.Dense(3, "exponential", activity_regularizer=L2(1e-2)),
            layers.Dense(2, "hard_tanh"),
        ]
    )
    model.compile("sgd", "mse")
    kernel, bias = model.layers[0].get_weights()
    model.layers[0].set_weights([0 * kernel, bias + np.float32(88.2)])  # e^88.2 is above half the largest float32
    report = verify_model(model, np.ones((4, 2), "float32"), np.ones((4, 2), "float32"), optimizer=False)
    assert not report.wrong, report.verdict()
    assert report[f"{model.layers[0].name} upstream"].reference == np.inf


def test_a_frozen_layer_has_no_penalty_on_its_weights(keras, rng):
    model = compiled("frozen", L2(0.2), "float32", rng)
    x, _, _ = model.prepare_batch(*batch(rng))
    theirs = keras.Sequential.from_config(model.get_config())
    theirs(x)
    first, last = model.layers
    assert not first.regularized() and len(last.regularized()) == 2
    assert len(theirs.losses) == 4  # two outputs, and the two weights of the second layer


# Planted mistakes: (where, what is patched, the tensors that must be named)


def _scaled(factor):
    """The penalty on weights, times a factor, in the gradient alone."""

    def penalize(self, t):
        for weight in self.regularized():
            kind = type(t.gradients[weight.name])
            value = weight.value if kind is np.ndarray else kind(weight.value)
            t.gradients[weight.name] = t.gradients[weight.name] + weight.regularizer.gradient(value) * factor

    return penalize


def _penalty(of_weights, of_output):
    """The penalties, times factors, in the loss alone."""

    def penalty(self, t, kind=np.asarray):
        parts = [weight.regularizer(kind(weight.value)) * of_weights for weight in self.regularized()]
        if self.activity_regularizer is not None:
            parts.append(self.activity_regularizer(t.a) * (of_output / len(t.a)))
        return sum(parts[1:], parts[0]) if parts else None

    return penalty


def _activity(factor):
    def gradient(self, t):
        return self.activity_regularizer.gradient(t.a) * (factor / len(t.a))

    return gradient


def _samples_forgotten(self, t):
    return self.activity_regularizer.gradient(t.a)


def _loss_without(self, y, trace, weight=None):
    LOSS_PASS(self, y, trace, weight)
    trace.loss = trace.data_loss


LOSS_PASS = Network.loss_pass

PLANTED = {
    "missing in dW": ("on_kernel", (layers.Layer, "penalize", _scaled(0)), {("layer_0", "dW"), ("layer_1", "dW")}),
    "doubled in dW": ("on_kernel", (layers.Layer, "penalize", _scaled(2)), {("layer_0", "dW"), ("layer_1", "dW")}),
    "halved in db": ("on_bias", (layers.Layer, "penalize", _scaled(0.5)), {("layer_0", "db"), ("layer_1", "db")}),
    "missing in dalpha": ("on_alpha", (layers.Layer, "penalize", _scaled(0)), {("layer_1", "dalpha")}),
    "missing in the loss": (
        "on_kernel",
        (layers.Layer, "penalty", _penalty(0, 1)),
        {("layer_0", "penalty"), ("layer_1", "penalty")},
    ),
    "doubled in the loss": (
        "on_kernel",
        (layers.Layer, "penalty", _penalty(2, 1)),
        {("layer_0", "penalty"), ("layer_1", "penalty")},
    ),
    "of the output, missing in the loss": (
        "on_hidden_output",
        (layers.Layer, "penalty", _penalty(1, 0)),
        {("layer_0", "penalty")},
    ),
    "of the output, not over the samples in the loss": (
        "on_output",
        (layers.Layer, "penalty", _penalty(1, 7)),
        {("layer_1", "penalty")},
    ),
    "of the output, missing in the upstream": (
        "on_hidden_output",
        (layers.Layer, "activity_gradient", _activity(0)),
        {("layer_0", "upstream")},
    ),
    "of the output, doubled in the upstream": (
        "on_output",
        (layers.Layer, "activity_gradient", _activity(2)),
        {("layer_1", "upstream")},
    ),
    "of the output, not over the samples in the upstream": (
        "on_dropout",
        (layers.Layer, "activity_gradient", _samples_forgotten),
        {("layer_1", "upstream")},
    ),
    "left out of the loss by the network": (
        "everywhere",
        (Network, "loss_pass", _loss_without),
        {("layer_1", "loss chained")},
    ),
}


@pytest.mark.quick(4)
@pytest.mark.parametrize("mistake", PLANTED)
@pytest.mark.parametrize("name", ["l1", "l2"])
def test_a_planted_mistake_is_named(mistake, name, dtype, monkeypatch, rng):
    place, patch, expected = PLANTED[mistake]
    model = compiled(place, EACH[name], dtype, rng)
    monkeypatch.setattr(*patch)
    report = verify_model(model, *batch(rng), optimizer=False)
    assert {(row.layer, row.tensor) for row in report.failures} == expected
