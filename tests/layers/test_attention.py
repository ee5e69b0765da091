"""Attention: every score, mask and option against Keras and against differences, calls and configs."""

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.core.trace import LayerTrace
from handnn.layers.attention import dot_product
from handnn.proof.keras.attention import ATTENDING, CASES, WITHOUT_KERAS, batch, network
from handnn.testing import assert_explained_by_rounding
from handnn.verify import numeric_gradients, verify_model
from handnn.verify.walkthrough import walkthrough
from tests.layers.attention.pass_forward import traced

each_case = pytest.mark.parametrize("case", CASES, ids=str)
pytestmark = pytest.mark.filterwarnings("ignore:Layer 'flatten'")  # it drops the mask that the query hands on


def filled(case, dtype, rng):
    model = network(case, dtype)
    model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    return model, *batch(case, rng)


def place_of(model):
    """The attention layer and the options of its call."""
    i = model.node_names.index("attention")
    return model.nodes[i].layer, model.node_options[i]


def test_every_attention_layer_has_cases():
    assert {case.cls for case in CASES} == set(ATTENDING.values())


@pytest.mark.quick(6, cover={"dtype": None, "case": lambda case: (case.cls, "return_attention_scores" in case.call)})
@each_case
def test_formulas_are_keras(case, dtype, rng):
    model, x, y = filled(case, dtype, rng)
    report = verify_model(model, x, y, optimizer=False)
    assert report.ok, report.verdict()
    assert {"attention z", "attention dx[0]", "attention dx[1]"} <= {row.where for row in report}


@pytest.mark.quick(3, cover={"case": lambda case: (case.cls, "return_attention_scores" in case.call)})
@pytest.mark.parametrize("case", CASES + WITHOUT_KERAS, ids=str)
def test_gradients_are_the_derivatives_of_the_loss(case, rng):
    model, x, y = filled(case, "float64", rng)
    ratios = numeric_gradients.network(model, *model.prepare_batch(x, y)[:2], elements=6)
    assert max(ratios.values()) <= 1, ratios


def run(layer, options, x, delta=None, mask=None):
    """The trace of one pass of the layer alone."""
    t = LayerTrace(layer.name)
    t.x, t.options, t.mask, t.delta = tuple(x), options, mask, delta
    layer.forward(t)
    if delta is not None:
        layer.backward(t)
    return t


@pytest.mark.quick(6, cover={"case": lambda case: (case.cls, "return_attention_scores" in case.call)})
@pytest.mark.parametrize("case", CASES + WITHOUT_KERAS, ids=str)
def test_dx_is_the_derivative_of_the_forward_formula(case, rng):
    """By the complex step, with a random cotangent, and a random mask of dropout."""
    model, x, y = filled(case, "float64", rng)
    layer, options = place_of(model)
    x = list(model.trace(x, y)["attention"].x)
    t = run(layer, options, x)
    mask = None if not case.options.get("dropout") else layer.draw(layer.drawn_for(t))
    cotangent = rng.normal(size=t.z.shape)
    for k in range(len(case.shapes) if len(case.shapes) > 1 else 2):

        def moved(point, k=k):
            return [*x[:k], point, *x[k + 1 :]]

        numeric = numeric_gradients.check(
            lambda point: run(layer, options, moved(point), mask=mask).z,
            lambda point, k=k: run(layer, options, moved(point), cotangent, mask).dx[k],
            x[k],
            cotangent,
            True,
        )
        assert numeric.ratio <= 1, (k, numeric.ratio)


# ---- masks ----------------------------------------------------------------------------------------------------------


def both(keras, kind, **options):
    """The layer in handnn and in Keras, with the same weights."""
    ours, theirs = (getattr(module.layers, kind)(**options) for module in (handnn, keras))
    return ours, theirs


def called(ours, theirs, *args, **kwargs):
    """The output of both, built by the first call."""
    found = ours(*args, **kwargs)
    theirs(*args, **kwargs)
    theirs.set_weights(ours.get_weights())
    expected = theirs(*args, **kwargs)
    return found, expected


@pytest.mark.parametrize("options", [{}, {"dropout": 0.2}])
def test_a_query_that_sees_nothing(options, keras, rng):
    """Keras averages all values in one call, and none where it computes the weights on their own."""
    x = rng.normal(size=(2, 4, 3)).astype("float32")
    seen = np.ones((2, 4, 4), bool)
    seen[0, 1] = False
    ours, theirs = both(keras, "MultiHeadAttention", num_heads=2, key_dim=3, use_bias=False, **options)
    found, expected = called(ours, theirs, x, x, attention_mask=seen)
    assert np.any(np.asarray(expected)[0, 1]) == (not options) == bool(np.any(found[0, 1]))
    call = {"attention_mask": seen, "return_attention_scores": True}
    weights, of_keras = (layer(x, x, **call)[1] for layer in (ours, theirs))
    assert np.all(np.asarray(of_keras)[0, :, 1] == 0) and np.all(weights[0, :, 1] == 0)


@pytest.mark.quick(1)
def test_a_query_that_sees_nothing_sends_nothing_back(dtype, rng):
    """Its weights are equal, but they do not train."""
    case = next(case for case in CASES if "attention_mask" in case.masks and not case.call)
    model, x, y = filled(case, dtype, rng)
    x[-1][0, 1] = False
    report = verify_model(model, x, y, optimizer=False)
    assert report.ok, report.verdict()
    own = model.trace(x, y)["attention"].attention
    assert own.weights[0, :, 1].all() and not own.delta.scores[0, :, 1].any()


def test_masked_scores_of_a_list_are_lowered_by_1e9(keras, rng):
    """In float32 all scores of a query are then equal."""
    x = rng.normal(size=(2, 4, 3)).astype("float32")
    none = np.zeros((2, 4), bool)
    for layer in both(keras, "Attention"):
        _, weights = layer([x, x], mask=[None, none], return_attention_scores=True)
        assert np.all(np.asarray(weights).min() == np.asarray(weights).max())
    for dtype, lost in (("float32", 29.0), ("float64", 5e-8)):  # more than these is seen beside 1e9
        scores = lost * np.array([[0.1, -1.0, 1.2, -1.5, 3.0, 14.0, 40.0, 1e9]], dtype)
        assert np.array_equal(dot_product.lowered(scores), scores - scores.dtype.type(1e9))


def test_a_query_mask_that_is_given_has_no_effect(keras, rng):
    x, mask = rng.normal(size=(2, 4, 3)).astype("float32"), np.array([[True, True, False, False]] * 2)
    for layer in both(keras, "MultiHeadAttention", num_heads=1, key_dim=2):
        assert np.array_equal(layer(x, x, query_mask=mask), layer(x, x))
        assert not np.array_equal(layer(x, x, value_mask=mask), layer(x, x))


def test_the_factor_is_rounded_to_float32(keras, rng):
    x = rng.normal(size=(1, 4, 3))
    ours, theirs = both(keras, "MultiHeadAttention", num_heads=1, key_dim=3, dtype="float64")
    found, expected = (np.asarray(own) for own in called(ours, theirs, x, x))
    ours.factor = 3**-0.5
    assert np.abs(found - expected).max() < np.abs(ours(x, x) - expected).max() / 1000  # digits, not a tolerance


def test_keys_after_the_query_have_no_weight(rng):
    x = rng.normal(size=(2, 5, 4))
    for layer, given in ((layers.Attention(), ([x, x],)), (layers.MultiHeadAttention(2, 3), (x, x))):
        _, weights = layer(*given, use_causal_mask=True, return_attention_scores=True)
        assert np.all(weights[..., ~np.tril(np.ones((5, 5), bool))] == 0)
        assert np.all(weights[..., np.tril(np.ones((5, 5), bool))] > 0)


# ---- the trace and the output's weights ----


@pytest.mark.quick(4, cover={"case": lambda case: case.cls})
@each_case
def test_weights_are_in_the_trace(case, rng):
    model, x, y = filled(case, "float64", rng)
    trace = model.trace(x, y)
    own = trace["attention"].attention
    assert trace["top"].attention is None and len(trace["attention"].dx) == len(trace["attention"].x)
    assert own.weights.shape == own.scores.shape == own.delta.scores.shape == own.delta.weights.shape
    assert own.delta.query.shape == own.query.shape and own.delta.value.shape == own.value.shape
    u = np.finfo(float).eps * own.weights.shape[-1]
    assert np.abs(own.weights.sum(-1) - 1).max() <= u
    assert np.abs(own.delta.scores.sum(-1)).max() <= u * np.abs(own.delta.weights).max() * 2  # softmax adds up to 1


@pytest.mark.quick(4, cover={"case": lambda case: case.cls})
@each_case
def test_scores_are_returned_as_by_keras(case, keras, rng):
    x = [rng.normal(size=(2, *shape)).astype("float32") for shape in case.shapes]
    x = x * 2 if len(x) == 1 else x
    args = x if case.cls is layers.MultiHeadAttention else [x]
    ours, theirs = both(keras, case.cls.__name__, **case.options)
    options = case.call | {"return_attention_scores": True}
    (z, weights), (of_keras, expected) = called(ours, theirs, *args, **options)
    assert z.shape == tuple(of_keras.shape) and weights.shape == tuple(expected.shape)
    assert_explained_by_rounding(expected, lambda *x: ours.shown_weights(traced(ours, x, **options)), *x)


@pytest.mark.parametrize("axis", [1, 2])
def test_scores_have_the_free_axis_the_heads_and_both_places(axis):
    shapes = [(2, 3, 4, 6), (2, 7, 4, 6)] if axis == 1 else [(2, 4, 3, 6), (2, 4, 7, 6)]
    layer = layers.MultiHeadAttention(5, 2, attention_axes=axis)
    for given in ([np.ones(shape) for shape in shapes], [handnn.Input(shape[1:]) for shape in shapes]):
        assert layer(*given, return_attention_scores=True)[1].shape[1:] == (4, 5, 3, 7)


def test_arrays_come_in_the_dtype_of_the_layer(rng):
    x = rng.normal(size=(2, 4, 3))
    for dtype in ("float32", "float64"):
        assert layers.Attention(use_scale=True, dtype=dtype)([x, x]).dtype == dtype
        assert layers.MultiHeadAttention(1, 2, dtype=dtype)(x, x).dtype == dtype


def test_a_scale_is_trained(rng):
    """Its gradient, a number, arrives where the optimizer reads all gradients as one array."""
    x = handnn.Input((4, 3))
    h = layers.Attention(use_scale=True, score_mode="concat", name="own")([x, layers.Dense(3)(x)])
    model = handnn.Model(x, layers.Dense(1)(h))
    model.compile(handnn.optimizers.SGD(0.5), "mse")
    given, y = rng.normal(size=(5, 4, 3)), rng.normal(size=(5, 4, 1))
    before, (_, gradients) = model.get_weights(), model.loss_and_gradients(given, y)
    before, gradients = ([array.copy() for array in arrays] for arrays in (before, gradients))
    model.train_on_batch(given, y)
    for w, g, new in zip(before, gradients, model.get_weights(), strict=True):
        assert np.any(g) and np.array_equal(new, w - np.float32(0.5) * g)


def test_dropout_is_repeatable(rng):
    x = rng.normal(size=(2, 5, 4))
    first, second = (layers.Attention(dropout=0.5, seed=3)([x, x], training=True) for _ in range(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, layers.Attention(dropout=0.5, seed=4)([x, x], training=True))


@pytest.mark.slow
def test_one_weight_is_written_out(rng):
    """`handnn trace` shows query, key, scores and weights before z, with one element of each."""
    x = handnn.Input((2, 2), name="x")
    own = layers.MultiHeadAttention(1, 2, name="own")(x, x)
    model = handnn.Model(x, layers.Dense(1, name="top")(layers.Flatten(name="rows")(own)), name="net")
    model.compile("sgd", "mse")
    found = walkthrough(model, rng.normal(size=(2, 2, 2)), rng.normal(size=(2, 1)), reference=False)
    element = found["own weights"].element()
    assert element.symbols.startswith("s / (exp(") and "key[" in element.symbols
    assert element.value == found["own weights"].found[element.index]
    assert "weights[" in found["own context"].element().symbols
