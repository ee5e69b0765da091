"""Normalization where digits are lost, what moves without a gradient, what `adapt` finds, and surprises of Keras."""

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.core.trace import LayerTrace
from handnn.verify import verify_model
from handnn.rounding.bounded import Bounded

WIDE = np.longdouble


def passed(layer, x, delta, kind=np.asarray, methods=("forward", "backward")):
    t = LayerTrace(layer.name)
    t.x, t.delta, t.training = kind(x), kind(delta), True
    for method in methods:
        getattr(layer, method)(t)
    return t


def taped(tf, layer, x, delta, **call):
    """z, dx and the weights' gradients of a Keras layer."""
    source = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(source)
        z = layer(source, **call)
    dx, *gradients = tape.gradient(z, [source, *layer.trainable_variables], tf.constant(delta))
    return z.numpy(), dx.numpy(), [g.numpy() for g in gradients]


# ---- digits ---------------------------------------------------------------------------------------------------------


def exactly(x, delta, mean, variance, epsilon=1e-3):
    """z, dgamma and dx of gamma = 1 and beta = 0 with constant mean and variance, in 64-bit mantissas."""
    x, delta, mean, variance = (array.astype(WIDE) for array in (x, delta, mean, variance))
    r = 1 / np.sqrt(variance + WIDE(epsilon))
    return (x - mean) * r, (delta * (x - mean) * r).sum(axis=0), delta * r


def test_a_large_mean_costs_tensorflow_digits_and_handnn_none(tf, keras, dtype, rng):
    """Features of mean 3000 and deviation 1, in inference: TensorFlow is off by more than handnn could ever be."""
    x, delta = (3000 + rng.normal(size=(64, 8))).astype(dtype), rng.normal(size=(64, 8)).astype(dtype)
    ours, theirs = (m.layers.BatchNormalization(trainable=False, dtype=dtype) for m in (handnn, keras))
    ours(x), theirs(x)
    weights = [np.ones(8), np.zeros(8), x.mean(axis=0), x.var(axis=0)]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    theirs.trainable = True  # for the tape; it is still called in inference
    z, _, (dgamma, _) = taped(tf, theirs, x, delta, training=False)
    found, bound = passed(ours, x, delta), passed(ours, x, delta, Bounded)
    true_z, true_dgamma, _ = exactly(x, delta, *ours.get_weights()[2:])
    for mine, own, reference, truth in (
        (found.z, bound.z, z, true_z),
        (found.gradients["gamma"], bound.gradients["gamma"], dgamma, true_dgamma),
    ):
        assert np.all(np.abs(mine - truth) <= own.error)
        assert np.max(np.abs(reference - truth)) > 2 * np.max(own.error)


LAYERS = [("BatchNormalization", 0, {}), ("LayerNormalization", 1, {}), ("GroupNormalization", 1, {"groups": 1})]


@pytest.mark.parametrize(("name", "axis", "options"), LAYERS)
def test_a_large_mean_in_training_is_within_the_bound_of_the_truth(name, axis, options, rng):
    """Both sides carry the rounding of their mean there; handnn's error stays within its own bound."""
    x, delta = (3000 + rng.normal(size=(32, 32))).astype("float32"), rng.normal(size=(32, 32)).astype("float32")
    layer = getattr(layers, name)(**options)
    layer.build((None, 32))
    found, bound = passed(layer, x, delta), passed(layer, x, delta, Bounded)
    exact = passed(wide(layer), x.astype("float64"), delta.astype("float64"))
    for tensor in ("z", "dx"):
        assert np.all(np.abs(getattr(found, tensor) - getattr(exact, tensor)) <= getattr(bound, tensor).error)


def wide(layer):
    double = type(layer).from_config(layer.get_config() | {"dtype": "float64"})
    double.build((None, 32))
    return double


@pytest.mark.parametrize(("name", "axis", "options"), LAYERS)
@pytest.mark.parametrize("mean", [0.0, 100.0, 3000.0])
@pytest.mark.parametrize("deviation", [1.0, 1e-2, 0.0])
def test_a_large_mean_can_be_verified(name, axis, options, mean, deviation, dtype, rng):
    layer = getattr(layers, name)(**options, dtype=dtype)
    model = handnn.Sequential([handnn.Input((8,), dtype=dtype), layer, layers.Dense(3, dtype=dtype)])
    model.compile("sgd", handnn.losses.MeanSquaredError(dtype=dtype))
    x = mean + deviation * rng.normal(size=(16, 8))
    # Not end to end: with deviation 0.01 about 3000, TensorFlow's z has fewer digits than that comparison disturbs.
    report = verify_model(model, x, rng.normal(size=(16, 3)), optimizer=False, whole=False)
    assert report.ok, report.verdict()


def test_a_bound_of_handnns_formula_alone_would_call_tensorflow_wrong(monkeypatch, rng):
    """So `keras_forward` and `keras_backward` are needed, and used."""
    x, y, how = 3000 + rng.normal(size=(32, 8)), rng.normal(size=(32, 3)), {"training": False, "optimizer": False}
    model = handnn.Sequential([handnn.Input((8,)), layers.BatchNormalization(name="layer"), layers.Dense(3)])
    model.compile("sgd", "mse")
    model.set_weights([*model.get_weights()[:2], x.mean(axis=0), x.var(axis=0), *model.get_weights()[4:]])
    assert verify_model(model, x, y, whole=False, **how).ok
    base = layers.BatchNormalization.__mro__[1]
    monkeypatch.delattr(base, "keras_forward")
    monkeypatch.delattr(base, "keras_backward")
    report = verify_model(model, x, y, whole=False, **how)
    assert {row.tensor for row in report.failures} == {"z", "dgamma"}


@pytest.mark.parametrize("size", [0.0, 1e-25, 1e-13, 9e-13, 1.1e-12, 1e-6, 1.0, 1e6, 1e16, 1e18])
def test_unit_normalization_of_every_size(size, tf, keras, assert_agrees, dtype, rng):
    """Shorter than 1e-12 it is linear, and a row of zeros has a finite gradient."""
    x = rng.normal(size=(6, 5))
    x = (x / np.sqrt((x * x).sum(axis=1, keepdims=True)) * size).astype(dtype)
    delta = rng.normal(size=x.shape).astype(dtype)
    ours = layers.UnitNormalization(dtype=dtype)
    ours.build((None, 5))
    z, dx, _ = taped(tf, keras.layers.UnitNormalization(dtype=dtype), x, delta)
    found, bound = passed(ours, x, delta), passed(ours, x, delta, Bounded)
    assert_agrees("z", found.z, z, bound.z)
    assert_agrees("dx", found.dx, dx, bound.dx)
    if size < 1e-12:
        assert np.array_equal(found.dx, delta * np.dtype(dtype).type(1e24) ** 0.5)


@pytest.mark.parametrize("share", [0.9, 1.1])
def test_keras_loses_the_projection_of_a_long_row(share, tf, keras, assert_agrees):
    """TensorFlow forms (x . delta) / (2 |x|^3): 0 once it is below the smallest normal number. handnn does not."""
    delta, y = np.array([[0.5, 1.5]], "float32"), np.array([[0.8, 0.6]])
    along = (y * delta).sum()
    x = (y * share * np.sqrt(along / 2 / np.finfo("float32").smallest_normal)).astype("float32")
    ours = layers.UnitNormalization()
    ours.build((None, 2))
    _, dx, _ = taped(tf, keras.layers.UnitNormalization(), x, delta)
    found, bound = passed(ours, x, delta), passed(ours, x, delta, Bounded)
    length = np.sqrt((x.astype(WIDE) ** 2).sum())
    assert (np.abs(found.dx - (delta - along * y) / length) <= bound.dx.error).all()
    if share < 1:
        assert_agrees("dx", found.dx, dx, bound.dx)
    else:
        assert_agrees("dx", (delta / length).astype("float32"), dx, delta * bound.cache["r"])


def test_unit_normalization_at_its_kink_keeps_the_projection(tf, keras):
    """|x| = 1e-12 exactly: TensorFlow's `minimum` hands the gradient to the length."""
    x, delta = np.array([[1e-12, 0.0]], "float32"), np.array([[0.3, -0.7]], "float32")
    ours = layers.UnitNormalization()
    ours.build((None, 2))
    _, dx, _ = taped(tf, keras.layers.UnitNormalization(), x, delta)
    assert passed(ours, x, delta).dx[0, 0] == dx[0, 0] == 0 and dx[0, 1] < 0


# ---- moving averages ------------------------------------------------------------------------------------------------


def small(module, **options):
    stack = [module.Input((4,)), module.layers.BatchNormalization(name="norm", **options), module.layers.Dense(2)]
    model = module.Sequential(stack)
    model.compile(module.optimizers.SGD(0.05), "mse")
    return model


@pytest.mark.parametrize("momentum", [0.9, 0.0, 1.0])
@pytest.mark.slow
def test_moving_averages_after_fit_are_keras(momentum, keras, assert_agrees, rng):
    """Four epochs of batches, the last one smaller; the bound grows with the steps as the averages do."""
    x, y = (3 + rng.normal(size=(22, 4))).astype("float32"), rng.normal(size=(22, 2)).astype("float32")
    ours, theirs = small(handnn, momentum=momentum), small(keras, momentum=momentum)
    theirs.set_weights(ours.get_weights())
    for model in (ours, theirs):
        model.fit(x, y, batch_size=8, epochs=4, shuffle=False, verbose=0)
    mean, variance = Bounded(np.zeros(4, "float32")), Bounded(np.ones(4, "float32"))
    for _ in range(4):
        for batch in (x[:8], x[8:16], x[16:]):
            mean = mean * momentum + np.mean(Bounded(batch), axis=0) * (1 - momentum)
            variance = variance * momentum + np.var(Bounded(batch), axis=0) * (1 - momentum)
    for place, bounded in ((2, mean), (3, variance)):
        found, reference = ours.get_weights()[place], theirs.get_weights()[place]
        assert_agrees("moving", found, reference, bounded)
        assert momentum != 1 or np.array_equal(found, float(place == 3) * np.ones(4))


def test_a_frozen_layer_uses_its_averages_and_leaves_them(keras, rng):
    x, y = rng.normal(size=(8, 4)).astype("float32"), rng.normal(size=(8, 2)).astype("float32")
    ours, theirs = small(handnn, trainable=False), small(keras, trainable=False)
    weights = [np.abs(rng.normal(size=w.shape)) for w in ours.weights]
    for model in (ours, theirs):
        model.set_weights(weights)
        model.fit(x, y, batch_size=4, epochs=2, verbose=0)
        assert all(np.array_equal(a, np.float32(b)) for a, b in zip(model.get_weights()[:4], weights[:4], strict=True))
    layer = ours.get_layer("norm")
    assert np.array_equal(layer(x, training=True), layer(x, training=False))
    assert [w.path.split("/")[-1] for w in ours.weights] == [w.path.split("/")[-1] for w in theirs.weights]


def test_a_pass_in_inference_and_a_call_move_nothing_or_something(rng):
    model = small(handnn)
    before = model.get_weights()
    model.predict(rng.normal(size=(5, 4)))
    model.trace(rng.normal(size=(5, 4)), rng.normal(size=(5, 2)), training=True)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    model.get_layer("norm")(rng.normal(size=(5, 4)), training=True)
    assert not np.array_equal(before[2], model.get_weights()[2])


@pytest.mark.slow
def test_lockstep_training_agrees(rng):
    """What `handnn train` does: every tensor of every step, moving averages among them."""
    from handnn.verify.lockstep import Lockstep, Samples
    from tf_reference import KerasRun, KerasTwin

    model = small(handnn)
    x, y = rng.normal(size=(24, 4)).astype("float32"), rng.normal(size=(24, 2)).astype("float32")
    twin = KerasTwin(model.get_config(), model.get_weights(), model.loss, model.optimizer, compiled=True)
    run = Lockstep(model, KerasRun(twin, None, None), Samples(x, y, x[:4], y[:4], None), None, None)
    outcome = run.run(2, 8, seed=0)
    assert outcome.ok and outcome.checked_steps == 6, outcome.first_outside
    assert not np.array_equal(model.get_weights()[2], np.zeros(4))


# ---- adapt ----------------------------------------------------------------------------------------------------------


@pytest.mark.quick(2)
@pytest.mark.parametrize("axis", [-1, None, (1, 2), 1])
def test_adapt_is_keras(axis, keras, rng):
    data = rng.normal(size=(20, 3, 2)) * 3 + 1
    ours, theirs = layers.Normalization(axis=axis), keras.layers.Normalization(axis=axis)
    for layer in (ours, theirs):
        layer.adapt(data)
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    assert [w.dtype for w in ours.weights] == [w.dtype for w in theirs.weights]
    for mine, reference in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert np.array_equal(mine, reference)
    assert ours.input_shape == tuple(theirs.get_build_config()["input_shape"])
    model = handnn.Sequential([handnn.Input((3, 2)), ours, layers.Flatten(), layers.Dense(2)])
    model.compile("sgd", "mse")
    assert verify_model(model, data[:5], rng.normal(size=(5, 2))).ok


def test_adapt_to_batches_is_keras(keras, assert_agrees, rng):
    data = (rng.normal(size=(20, 3)) * 3 + 1).astype("float32")
    batches = [data[:8], (data[8:16], None), data[16:]]
    ours, theirs = layers.Normalization(), keras.layers.Normalization()
    for layer in (ours, theirs):
        layer.adapt(batches)
    mean = variance = Bounded(np.zeros(3, "float32"))
    for share, batch in ((1.0, data[:8]), (0.5, data[8:16]), (0.2, data[16:])):
        own, spread, before = np.mean(Bounded(batch), axis=0), np.var(Bounded(batch), axis=0), mean
        mean = mean * (1 - share) + own * share
        variance = (variance + np.square(before - mean)) * (1 - share) + (spread + np.square(own - mean)) * share
    for place, bounded in enumerate((mean, variance)):
        assert_agrees("adapted", ours.get_weights()[place], theirs.get_weights()[place], bounded)


# ---- bad input ------------------------------------------------------------------------------------------------------

BAD = [
    (lambda: layers.BatchNormalization(axis=[1]), "axis must be an integer; received [1]"),
    (lambda: layers.BatchNormalization(momentum="0.9"), "momentum must be a finite number; received '0.9'"),
    (lambda: layers.BatchNormalization(epsilon=-1), "epsilon must be a finite number >= 0; received -1"),
    (lambda: layers.BatchNormalization(synchronized=True), "synchronized is not supported"),
    (lambda: layers.BatchNormalization(renorm=True, renorm_clipping={"r": 1}), "keys of rmin, rmax, dmax; received {"),
    (lambda: layers.BatchNormalization(renorm=True, renorm_clipping={"rmax": 1, "rmin": 2}), "must be at least rmin"),
    (lambda: layers.BatchNormalization(renorm=True, renorm_clipping={"dmax": -1}), "dmax of renorm_clipping must not"),
    (lambda: layers.BatchNormalization(renorm=True, renorm_clipping={"dmax": "1"}), "dmax of renorm_clipping must be"),
    (lambda: layers.BatchNormalization(axis=2)(np.ones((2, 3))), "axis of batch_normalization"),
    (lambda: layers.BatchNormalization(axis=0).build((None, 3)), "needs known sizes along axis 0"),
    (lambda: layers.LayerNormalization(axis=1.0), "axis must be an integer or a list of integers; received 1.0"),
    (lambda: layers.LayerNormalization(axis=[1, -1])(np.ones((2, 3))), "different axes"),
    (lambda: layers.GroupNormalization(groups=0), "groups must be an integer >= 1, or -1; received 0"),
    (lambda: layers.GroupNormalization(groups=3)(np.ones((2, 4))), "groups must divide the 4 features"),
    (lambda: layers.GroupNormalization(groups=8)(np.ones((2, 4))), "groups must divide the 4 features"),
    (lambda: layers.GroupNormalization(2, axis=0)(np.ones((2, 4))), "must not be the batch axis"),
    (lambda: layers.RMSNormalization(axis=1)(np.ones((2, 3, 4))), "must have the sizes of the last axes"),
    (lambda: layers.UnitNormalization(axis=None), "axis must be"),
    (lambda: layers.Rescaling("a"), "scale must hold real numbers"),
    (lambda: layers.Rescaling(np.nan), "scale must be finite"),
    (lambda: layers.Rescaling(1, [1, 2])(np.ones((2, 3))), "offset of rescaling"),
    (lambda: layers.Rescaling([1, 2, 3])(np.ones((2, 1))), "scale of rescaling"),
    (lambda: layers.Normalization(mean=1), "mean and variance must be given together"),
    (lambda: layers.Normalization(mean=1, variance=[1]), "one shape"),
    (lambda: layers.Normalization(mean=1, variance=-1), "variance must not be negative"),
    (lambda: layers.Normalization(mean=[[1]], variance=[[1]]), "must not have more axes"),
    (lambda: layers.Normalization(mean=[1, 2], variance=[1, 2])(np.ones((2, 3))), "mean of normalization"),
    (lambda: layers.Normalization(axis=3)(np.ones((2, 3))), "axis of normalization"),
    (lambda: layers.Normalization(mean=1, variance=1).adapt(np.ones((2, 3))), "adapt has nothing to compute"),
    (lambda: layers.Normalization().adapt([]), "at least one batch"),
    (lambda: layers.Normalization().adapt(3), "an array or an iterable"),
    (lambda: layers.Normalization().adapt([np.ones((2, 3)), np.ones((2, 4))]), "data must fit the input"),
    (lambda: layers.Normalization().adapt(np.ones((0, 3))), "at least one sample"),
    (lambda: layers.Normalization().adapt(np.array([[np.nan]])), "data must be finite"),
]


@pytest.mark.parametrize(("call", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_input_gets_one_line(call, message):
    with pytest.raises((ValueError, TypeError)) as caught:
        call()
    assert message in str(caught.value) and "\n" not in str(caught.value)


# ---- what one would not expect of Keras -----------------------------------------------------------------------------


def test_layer_normalization_lays_gamma_into_the_input_by_reshape(keras, rng):
    """axis=(-1, 1) sorts to [-1, 1], so gamma is (4, 3); its numbers run along axes 1, 2 nevertheless."""
    x, gamma = rng.normal(size=(2, 3, 4)).astype("float32"), np.arange(12.0).reshape(4, 3)
    plain, theirs = keras.layers.LayerNormalization(axis=(1, 2)), keras.layers.LayerNormalization(axis=(-1, 1))
    plain(x), theirs(x)
    assert theirs.axis == [-1, 1] and tuple(theirs.gamma.shape) == (4, 3)
    plain.set_weights([gamma.reshape(3, 4), np.zeros((3, 4))])
    theirs.set_weights([gamma, np.zeros((4, 3))])
    assert np.array_equal(plain(x), theirs(x))


def test_rms_normalization_scales_the_last_axes(keras, rng):
    x = rng.normal(size=(2, 3, 3)).astype("float32")
    theirs = keras.layers.RMSNormalization(axis=1)
    before = theirs(x).numpy()
    theirs.set_weights([np.array([1.0, 2.0, 4.0])])
    assert np.array_equal(theirs(x).numpy(), before * np.float32([1, 2, 4]))
    with pytest.raises(Exception, match="Incompatible shapes"):
        keras.layers.RMSNormalization(axis=1)(rng.normal(size=(2, 3, 4)).astype("float32"))


@pytest.mark.parametrize("name", ["LayerNormalization", "GroupNormalization"])
def test_float64_layer_behind_float32_computes_in_float32(name, keras, rng):
    options = {"groups": 1} if name.startswith("Group") else {}
    x = rng.normal(size=(2, 5)).astype("float32")
    theirs = getattr(keras.layers, name)(**options, dtype="float64")
    narrow, wide = theirs(x).numpy(), theirs(x.astype("float64")).numpy()
    assert np.array_equal(narrow, narrow.astype("float32")) and not np.array_equal(narrow, wide)


def test_floats_given_to_rescaling_and_normalization_become_float32(keras):
    x, narrow = np.ones((1, 2)), float(np.float32(0.1))
    for module in (handnn, keras):
        of = module.layers
        for scale, expected in ((0.1, narrow), ([0.1, 0.1], narrow), (np.array([0.1, 0.1]), 0.1)):
            assert np.array_equal(of.Rescaling(scale, dtype="float64")(x), [[expected] * 2])
        given = of.Normalization(mean=[0.1, 0.1], variance=[1.0, 1.0], dtype="float64")
        assert np.array_equal(given(x), [[1 - narrow] * 2])
    array = keras.layers.Normalization(mean=np.array([0.1]), variance=np.array([1.0]), dtype="float64")
    again = keras.layers.Normalization.from_config(array.get_config())
    assert np.asarray(array(x))[0, 0] == 1 - 0.1 and np.asarray(again(x))[0, 0] == 1 - narrow


def test_integers_given_to_a_normalization_stay_whole(keras):
    """2^24 + 1 is no float32 number."""
    large = 2**24 + 1
    for module in (layers, keras.layers):
        layer = module.Normalization(mean=[large], variance=[1], dtype="float64")
        assert np.asarray(layer(np.array([[large]], "float64"))) == 0


FOUR = {"class_name": "Constant", "config": {"value": 4.0}}


def test_deviations_of_a_renormalization_begin_as_roots_of_variances(keras):
    for module in (layers, keras.layers):
        layer = module.BatchNormalization(renorm=True, moving_variance_initializer=FOUR)
        layer.build((None, 3))
        assert np.asarray(layer.moving_stddev).tolist() == np.asarray(layer.renorm_stddev).tolist() == [2, 2, 2]


def test_weights_set_in_a_keras_normalization_wait_for_finalize_state(keras):
    x, weights = np.ones((1, 2), "float32"), [np.full(2, 5.0), np.full(2, 4.0), np.array(0)]
    ours, theirs = layers.Normalization(), keras.layers.Normalization()
    ours(x), theirs(x)
    ours.set_weights(weights)
    theirs.set_weights(weights)
    assert np.array_equal(theirs(x), x) and np.array_equal(ours(x), [[-2, -2]])
    theirs.finalize_state()
    assert np.array_equal(theirs(x), ours(x))


def test_a_float64_keras_normalization_cannot_adapt_to_batches(keras, rng):
    batches = [rng.normal(size=(4, 2)), rng.normal(size=(4, 2))]
    with pytest.raises(Exception, match="expected to be a float tensor"):
        keras.layers.Normalization(dtype="float64").adapt(batches)
    layers.Normalization(dtype="float64").adapt(batches)
