"""Correct networks that were called wrong, or on which the verification itself failed."""

import numpy as np
import pytest

from handnn import Model, Sequential, layers, losses, optimizers, regularizers
from handnn.optimizers.schedules import ExponentialDecay
from handnn.rounding import allowance
from handnn.rounding.bounded import Bounded
from handnn.verify import end_to_end, verify_model, wiring
from handnn.verify.comparison import Comparison
from handnn.verify.report import row
from handnn.verify.wiring import chain


def stack(*between, loss="mse", optimizer="sgd", dtype="float64", output="linear"):
    model = Sequential(
        [
            layers.Input((4,), dtype=dtype),
            layers.Dense(5, "tanh", dtype=dtype),
            *between,
            layers.Dense(3, output, dtype=dtype),
        ],
        name="net",
    )
    model.compile(optimizer, loss)
    return model


@pytest.mark.parametrize("loss", ["log_cosh", pytest.param("msle", marks=pytest.mark.slow)])
def test_what_a_loss_of_keras_loses_is_allowed_end_to_end(loss, keras, rng):
    """Keras' log 2 is off by 2e-9 in float64; its log(1 + x) loses the digits of a small x."""
    model = stack(loss=loss, output="sigmoid")
    report = verify_model(model, rng.normal(size=(9, 4)), rng.uniform(size=(9, 3)), optimizer=False)
    assert report[f"{model.layers[-1].name} loss whole"].ok
    assert report.ok, report.verdict()


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["tanh_shrink"])
def test_what_an_activation_of_keras_loses_is_allowed_end_to_end(activation, keras, rng):
    model = stack(layers.Dense(4, activation, dtype="float32"), dtype="float32")
    report = verify_model(model, 1e-3 * rng.normal(size=(9, 4)), rng.normal(size=(9, 3)), optimizer=False)
    assert report.ok, report.verdict()


@pytest.mark.slow
def test_a_bias_of_keras_that_is_of_one_sign_is_not_averaged_away(keras, rng):
    """Over 512 values random errors would leave a 22nd of log 2's error; it stays whole."""
    model = stack(loss="log_cosh")
    report = verify_model(model, rng.normal(size=(512, 4)), rng.uniform(size=(512, 3)), optimizer=False)
    assert not report.wrong, report.verdict()


@pytest.mark.parametrize(("slip", "known"), [(1e148, False), (1e-9, True)])
def test_above_a_layer_whose_output_may_be_any_number_the_whole_is_open(slip, known, rng):
    """A slip that saturates the sigmoid would explain less than a small one."""
    model = stack(output="sigmoid")
    x, y = rng.normal(size=(9, 4)), rng.uniform(size=(9, 3))
    reference, spliced = model.trace(x, y), end_to_end.StepAllowances()
    first = next(iter(reference))
    spliced.of[first.name, "z"] = np.full(first.z.shape, slip)
    for compared in end_to_end.whole(model, x, y, None, reference, spliced):
        assert np.isfinite(compared.allowed).all() == known, compared.tensor


NORMALIZING = (layers.RMSNormalization, layers.LayerNormalization, layers.BatchNormalization, layers.UnitNormalization)


@pytest.mark.parametrize("length", [1e18, pytest.param(4e18, marks=pytest.mark.slow)])
@pytest.mark.parametrize("where", ["cosine_similarity", *NORMALIZING])
def test_long_rows_whose_slope_tensorflow_flushes(where, length, keras):
    """dL/dv of r = v^(-1/2) has r^2 as a factor, 0 in TensorFlow where r < 1e-19: what it takes away stays."""
    between = [] if where == "cosine_similarity" else [where(dtype="float32")]
    model = Sequential([layers.Input((6,)), layers.Dense(6), *between], name="net")
    model.compile("sgd", "mse" if between else where)
    rng = np.random.default_rng(0)
    model.layers[0].kernel.assign(length * np.eye(6))
    report = verify_model(model, rng.normal(size=(5, 6)), rng.normal(size=(5, 6)), optimizer=False)
    assert not report.wrong, report.verdict()


@pytest.mark.parametrize("odd", [np.nan, np.inf, 5.0])
@pytest.mark.parametrize("allowed", [np.inf, np.nan])
def test_what_has_no_finite_allowance_is_open(odd, allowed):
    found = row(Comparison("l", "a", "f", np.array([odd]), np.array([1.0]), np.array([allowed])))
    assert not found.ok and found.undecided and found.status == "open"


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("rate", "decay"),
    [(3.0, 1 / 3), pytest.param(100.0, 0.01, marks=SLOW), pytest.param(7.0, 1 / 7, marks=SLOW)],
)
def test_lamb_whose_decay_takes_the_weights_away(rate, decay, keras, rng):
    """What is left is rounding, whose squares TensorFlow flushes to 0: the quotient of the norms is then 1."""
    model = stack(optimizer=optimizers.Lamb(rate, weight_decay=decay), dtype="float32")
    report = verify_model(model, rng.normal(size=(6, 4)), rng.normal(size=(6, 3)))
    assert not report.wrong, report.verdict()


def test_trust_in_doubt_is_allowed_either_outcome():
    norms = Bounded(np.float32(1e-21), 1e-19), Bounded(np.float32(2.0), 1e-7)
    assert optimizers.Lamb.trust(*norms).error >= 1 - 1e-6
    assert optimizers.Lamb.trust(np.float32(6), np.float32(2)) == 3
    assert optimizers.Lamb.trust(np.float32(6), np.float32(0)) == 1
    assert optimizers.Lamb.trust(np.float32(0), np.float32(2)) == 1


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_roots_of_negative_predictions_warn_of_nothing(keras, rng):
    """A GaussianDropout behind a softmax makes probabilities negative: both losses are NaN."""
    dense = layers.Dense(3, "softmax")
    net = [layers.Input((4,)), dense, layers.GaussianDropout(0.5)]
    model = Sequential(net, name="net")
    model.compile("sgd", losses.CategoricalGeneralizedCrossEntropy(q=0.3))
    report = verify_model(model, rng.normal(size=(16, 4)), rng.integers(0, 3, 16))
    assert not report.wrong, report.verdict()


def test_a_weight_that_is_one_number_is_clipped_as_training_clips_it(keras, rng):
    """Contiguous copies of arrays without axes have one."""
    x = layers.Input((3, 4))
    attention = layers.Attention(use_scale=True)([x, layers.Dense(4)(x)])
    model = Model(x, layers.Dense(2)(layers.Flatten()(attention)))
    model.compile(optimizers.SGD(0.1, clipnorm=0.5), "mse")
    report = verify_model(model, rng.normal(size=(5, 3, 4)), rng.normal(size=(5, 2)))
    assert report.ok, report.verdict()


def test_an_optimizer_that_fails_in_keras_is_one_line(keras, rng):
    model = stack(optimizer=optimizers.Muon(ExponentialDecay(0.1, 3, 0.7)))
    report = verify_model(model, rng.normal(size=(6, 4)), rng.normal(size=(6, 3)))
    assert not report.ok and not report.failures
    assert report.verdict().startswith("INCOMPLETE: ")
    assert "Keras' own Muon fails on its step: " in report.verdict() and "\n" not in report.verdict()
    assert report.to_dict()["unjudged"] == report.unjudged


def test_a_failure_of_handnn_is_no_failure_of_keras(keras, rng, monkeypatch):
    model = stack()
    monkeypatch.setattr(optimizers.SGD, "update_step", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        verify_model(model, rng.normal(size=(6, 4)), rng.normal(size=(6, 3)))


@pytest.mark.parametrize("product", [np.dot, np.matmul, lambda a, b: np.einsum("ab,bc->ac", a, b)])
def test_a_product_with_an_infinity_is_open(product):
    """Libraries leave out what is multiplied by 0, or make NaN of it."""
    x, w = np.array([[1.0, np.inf], [2.0, 3.0]]), np.array([[4.0], [0.0]])
    with np.errstate(all="ignore"):
        assert product(Bounded(x), Bounded(w)).error.ravel()[0] == np.inf
        assert product(Bounded(x), Bounded(w)).error.ravel()[1] < 1e-14
        assert product(Bounded(w.T), Bounded(x.T)).error.ravel()[0] == np.inf


def test_a_product_with_an_infinite_error_is_open():
    """Also where it is multiplied by 0, and without a warning."""
    w = Bounded(np.ones((2, 1)), np.array([[np.inf], [0.0]]))
    assert np.dot(Bounded(np.array([[0.0, 1.0], [1.0, 1.0]])), w).error.ravel().tolist() == [np.inf, np.inf]


PRODUCTS = {
    "sum": lambda x, w: np.sum(x * w, axis=-1),
    "dot": np.dot,
    "matmul": np.matmul,
    "einsum": lambda x, w: np.einsum("ab,b->a", x, w),
}


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_sum_that_overflows_in_another_order_is_open(product):
    """3e38 - 3e38 + 3e38 is 3e38, an infinity, or NaN if two overflow with different signs."""
    w, large = np.ones(4, "float32"), np.float32(3e38)
    rows = large * np.float32([[1, -1, 1, 0], [1, 1, -1, -1], [0.3, -0.3, 0.3, 0], [1e-9, 0, 0, 0], [-1, -1, -1, -1]])
    with np.errstate(all="ignore"):
        found = PRODUCTS[product](Bounded(rows), Bounded(w))
    allowed = allowance.of(found.error, "float32")
    assert np.isinf(allowed[:2]).all() and (allowed[2:4] < 1e33).all()
    assert np.isinf(found.value[4]) or np.isinf(allowed[4])


def test_an_error_beyond_the_largest_number_is_an_infinite_allowance():
    assert np.array_equal(allowance.of(np.array([1e38, 2e38]), "float32") < np.inf, [True, False])


@pytest.mark.parametrize("clip", ["clipnorm", "global_clipnorm"])
def test_a_clipped_gradient_may_lie_in_any_order_of_memory(clip, rng, monkeypatch):
    """The dW of an EinsumDense, computed anew, lies the other way round; its squares were added in that order."""
    clipping = optimizers.MultiOptimizer(optimizers.OptimizerMap(optimizers.SGD(1e4, **{clip: 1e-3})))
    model = stack(layers.Dense(61, dtype="float32"), dtype="float32", optimizer=clipping)
    x, y, weight = model.prepare_batch(rng.normal(size=(30, 4)), rng.normal(size=(30, 3)))

    def turned(*given, **options):
        trace = chain(*given, **options)
        for t in trace:
            t.gradients = {name: np.asfortranarray(gradient) for name, gradient in t.gradients.items()}
        return trace

    monkeypatch.setattr(wiring, "chain", turned)
    found = [row(c, "wiring") for c in wiring.steps_taken(model, x, y, weight, model.trace(x, y))]
    assert found and all(told.ok for told in found)


def test_a_state_that_overflows_may_be_nan(keras):
    """1e200 - 1e200 of 1e150 h is NaN or an infinity in another order, and relu makes 0 of one of them."""
    model = Sequential([layers.Input((4, 1), dtype="float64"), layers.SimpleRNN(3, "relu", dtype="float64")])
    model.compile("sgd", "mse")
    turning = 1e160 * np.array([[1.0, 1.0, -1.0], [1.0, -1.0, 1.0], [1.0, 1.0, -1.0]])
    model.set_weights([np.ones((1, 3)), turning, np.zeros(3)])
    report = verify_model(model, np.ones((2, 4, 1)), np.zeros((2, 3)), optimizer=False)
    assert not report.wrong, report.verdict()


def test_a_row_without_a_pair_is_nan_with_its_distances(keras):
    y, lost = np.array([0, 1, 1]), np.full((3, 2), np.nan)
    assert np.isnan(losses.Circle().values(y, lost)).all() and np.isnan(keras.losses.circle(y, lost)).all()
    assert losses.Circle().values(y, np.eye(3))[0] == 0


@pytest.mark.parametrize("cls", [layers.Conv3D, layers.Conv3DTranspose])
def test_keras_conv3d_takes_what_no_tap_reads_times_0(cls, keras, rng):
    conv, large = cls(2, 1, strides=2, dtype="float64"), 1.7e308
    overflowing = layers.Rescaling(1e30, dtype="float64")
    model = Sequential([layers.Input((4, 4, 4, 2), dtype="float64"), overflowing, conv])
    model.compile("sgd", "mse")
    x = 1e-30 * rng.normal(size=(1, 4, 4, 4, 2))
    y = np.zeros((1, *model.output_shape[1:]))
    if cls is layers.Conv3D:
        x[0, 1, 1, 1, 0] = 1e300
    else:  # delta is infinite where no tap reads it
        conv.bias.assign([large, 0])
        y[..., 0], y[0, 1, 1, 1, 0] = large, -large
    report = verify_model(model, x, y, optimizer=False)
    assert not report.wrong, report.verdict()


def test_a_probability_that_tensorflow_takes_for_0(keras):
    """Of a float64 output a float32 loss reads a denormal number: p^(q - 1) is 1e20 or an infinity, 0 times it NaN."""
    dense = layers.Dense(2, "sigmoid", dtype="float64")
    model = Sequential([layers.Input((2,), dtype="float64"), dense])
    model.compile("sgd", losses.CategoricalGeneralizedCrossEntropy(dtype="float32"))
    model.set_weights([np.eye(2), np.zeros(2)])
    report = verify_model(model, np.array([[np.log(1e-40), 1.0], [0.5, 0.2]]), np.array([0, 1]), optimizer=False)
    assert not report.wrong and report.failures, report.verdict()


def test_penalties_that_take_a_loss_away_are_summed_in_any_order(keras):
    """What is left of -0.91 + 0.908 + 0.003 is rounded otherwise where the penalties come first."""
    rules = {"kernel_regularizer": regularizers.L2(0.1), "dtype": "float64"}
    model = Sequential([layers.Input((3,), dtype="float64"), layers.Dense(3, **rules), layers.Dense(3, **rules)])
    model.compile("sgd", losses.CosineSimilarity(reduction="none", dtype="float64"))
    rng = np.random.default_rng(0)
    turned = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    model.set_weights([1.74 * turned, np.zeros(3), 0.1 * turned, np.zeros(3)])
    x = rng.normal(size=(500, 3))
    report = verify_model(model, x, model.predict(x) + rng.normal(size=x.shape) / 10, optimizer=False, whole=False)
    assert report[f"{model.layers[-1].name} total"].ok
    assert not report.wrong, report.verdict()


def test_padding_that_a_step_changes_is_found_anew(keras):
    """x w + b = 0 is padding until w and b move: the second of the two training steps has another mask."""
    stack = [layers.Input((3, 1)), layers.Dense(1), layers.Masking(), layers.LSTM(2), layers.Dense(1)]
    model = Sequential(stack, name="padded")
    model.compile("sgd", "mse")
    model.layers[0].set_weights([np.ones((1, 1)), -np.ones(1)])
    report = verify_model(model, np.array([[[1.0], [2.0], [3.0]], [[0.5], [1.0], [4.0]]]), np.array([[1.0], [-2.0]]))
    assert report.ok, report.verdict()
