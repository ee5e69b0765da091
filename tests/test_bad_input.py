"""Bad input, one case at a time: one line that names the argument, what came and what was expected; nothing changed."""

import numpy as np
import pytest

import handnn
from handnn import activations, callbacks, config, initializers, layers, losses, metrics, optimizers, utils

RNG = np.random.default_rng(0)
X, Y, LABELS = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 3)), np.array([0, 1, 2, 0, 1, 2])


def build(loss="mse", activation=None):
    stack = [handnn.Input((4,)), layers.Dense(3, activation, name="d", kernel_initializer="ones")]
    model = handnn.Sequential(stack, name="net")
    model.compile("adam", loss)
    model.fit(X, LABELS if "sparse" in loss else Y, verbose=0)
    return model


def state(model):
    """Everything that a call might change: weights, slots, counters, means, history, what was compiled."""
    arrays = [*model.get_weights(), *(slot for slots in model.optimizer.slot_arrays for slot in slots)]
    kept = (model.optimizer, model.loss, model.history, model.optimizer.iterations, model.built, len(model.layers))
    return [array.tolist() for array in arrays], kept, list(model.history.history.items()), model._logs()


def check_refused(call, words, model=None):
    before = None if model is None else state(model)
    with pytest.raises((ValueError, TypeError)) as error:
        call()
    message = str(error.value)
    assert "\n" not in message
    for word in words:
        assert word in message, f"{word!r} is not in {message!r}"
    assert model is None or state(model) == before


def table(cases):
    return pytest.mark.parametrize(("case", "words"), cases.values(), ids=list(cases))


def spoilt(array, value):
    array = array.copy()
    array.flat[5] = value
    return array


BAD_X = {
    "width": (X[:, :3], ("x", "(samples, 4)", "(6, 3)")),
    "rank 3": (X[:, None], ("x", "(samples, 4)", "(6, 1, 4)")),
    "one row": (X[0], ("x", "(samples, 4)", "(4,)")),
    "strings": (np.full((6, 4), "a"), ("x", "real numbers", "<U1")),
    "complex": (X + 1j, ("x", "real numbers", "complex128")),
    "objects": (X.astype(object), ("x", "real numbers", "object")),
    "None": (None, ("x", "real numbers", "object")),
    "ragged": ([[1.0, 2.0], [3.0]], ("x", "rectangular", "different lengths")),
    "NaN": (spoilt(X, np.nan), ("x", "finite", "1 of 24", "nan at index (1, 1)")),
    "infinity": (spoilt(X, -np.inf), ("x", "finite", "1 of 24", "-inf at index (1, 1)")),
    "empty": (X[:0], ("x", "at least one sample", "(0, 4)")),
}
WITH_X = ["fit", "train_on_batch", "test_on_batch", "evaluate", "predict", "trace", "loss_and_gradients"]


@table(BAD_X)
@pytest.mark.parametrize("method", WITH_X)
def test_x(method, case, words):
    model = build()
    targets = () if method == "predict" else (Y,)
    check_refused(lambda: getattr(model, method)(case, *targets), words, model)


BAD_Y = {
    "samples": ("mse", Y[:4], ("y", "6 samples", "(4, 3)")),
    "width": ("mse", Y[:, :2], ("y", "(6, 3)", "(6, 2)")),
    "flat": ("mse", Y[:, 0], ("y", "(6, 3)", "(6,)")),
    "number": ("mse", 1.0, ("y", "6 samples", "()")),
    "strings": ("mse", np.full((6, 3), "a"), ("y", "real numbers", "<U1")),
    "None": ("mse", None, ("y", "real numbers", "object")),
    "NaN": ("mse", spoilt(Y, np.nan), ("y", "finite", "1 of 18", "nan")),
    "label below 0": ("sparse_categorical_crossentropy", LABELS - 1, ("y", "from 0 to 2", "-1 to 1")),
    "label too large": ("sparse_categorical_crossentropy", LABELS + 1, ("y", "from 0 to 2", "1 to 3")),
    "label with a fraction": ("sparse_categorical_crossentropy", LABELS + 0.5, ("y", "integers", "0.5 to 2.5")),
    "one-hot for labels": ("sparse_categorical_crossentropy", np.eye(3), ("y", "6 samples", "(3, 3)")),
    "one-hot rows": ("sparse_categorical_crossentropy", np.eye(3)[LABELS], ("y", "(6, 3)", "categorical_crossentropy")),
    "labels for one-hot": ("categorical_crossentropy", LABELS, ("y", "(6, 3)", "(6,)")),
}


@pytest.mark.parametrize(("loss", "case", "words"), BAD_Y.values(), ids=list(BAD_Y))
@pytest.mark.parametrize("method", [method for method in WITH_X if method != "predict"])
def test_y(method, loss, case, words):
    model = build(loss, None if loss == "mse" else "softmax")
    check_refused(lambda: getattr(model, method)(X, case), words, model)


ONES = np.ones(6)
FIT = {
    "batch_size 0": ({"batch_size": 0}, ("batch_size", ">= 1", "0")),
    "batch_size 2.5": ({"batch_size": 2.5}, ("batch_size", "integer", "2.5")),
    "epochs -1": ({"epochs": -1}, ("epochs", ">= 0", "-1")),
    "both weights": ({"sample_weight": ONES, "class_weight": {0: 1.0}}, ("sample_weight", "class_weight", "not both")),
    "weights' length": ({"sample_weight": ONES[:5]}, ("sample_weight", "6 samples", "(5,)")),
    "weights of NaN": ({"sample_weight": spoilt(ONES, np.nan)}, ("sample_weight", "finite", "1 of 6", "nan")),
    "weights of strings": ({"sample_weight": ["a"] * 6}, ("sample_weight", "real numbers", "<U1")),
    "split 1.5": ({"validation_split": 1.5}, ("validation_split", "both sides of 6", "1.5")),
    "split -0.1": ({"validation_split": -0.1}, ("validation_split", "-0.1")),
    "validation x": ({"validation_data": (X[:, :2], Y)}, ("validation_x", "(samples, 4)", "(6, 2)")),
    "validation y": ({"validation_data": (X, spoilt(Y, np.nan))}, ("validation_y", "finite", "1 of 18")),
    "validation weights": ({"validation_data": (X, Y, ONES[:2])}, ("validation_sample_weight", "6 samples", "(2,)")),
    "validation alone": ({"validation_data": (X,)}, ("validation_data", "(x, y)")),
    "unknown": ({"shufle": True}, ("shufle",)),
}
MORE_OF_FIT = {
    "x beyond float32": ({"x": X * 1e300}, ("x", "finite")),
    "weights of a table": ({"sample_weight": np.ones((6, 2))}, ("sample_weight", "6 samples", "(6, 2)")),
    "weights of one number": ({"sample_weight": 2.0}, ("sample_weight", "6 samples", "()")),
    "class_weight as list": ({"class_weight": [1.0, 2.0]}, ("class_weight", "list")),
    "class_weight of strings": ({"class_weight": {0: "a"}}, ("class_weight", "'a'")),
    "class_weight for a name": ({"class_weight": {"cat": 2.0}}, ("class_weight", "'cat'")),
    "class_weight NaN": ({"class_weight": {0: np.nan}}, ("class_weight", "finite", "nan")),
    "validation batch 0": ({"validation_data": (X, Y), "validation_batch_size": 0}, ("validation_batch_size", "0")),
    "validation_freq 0": ({"validation_data": (X, Y), "validation_freq": 0}, ("validation_freq", "0")),
    "a callback that is none": ({"callbacks": [object()]}, ("callbacks", "Callback", "object")),
    "initial_epoch -1": ({"initial_epoch": -1}, ("initial_epoch", "-1")),
}


def check_fit_refuses(options, words):
    model = build()
    check_refused(lambda: model.fit(**({"x": X, "y": Y, "verbose": 0} | options)), words, model)


@table(FIT)
def test_arguments_of_fit(case, words):
    check_fit_refuses(case, words)


@table(MORE_OF_FIT)
def test_arguments_of_fit_of_other_kinds(case, words):
    check_fit_refuses(case, words)


W, B = np.ones((4, 3), "float32"), np.ones(3, "float32")
WEIGHTS = {
    "number": ([W], ("weights", "2", "1")),
    "shape": ([W.T, B], ("net/d/kernel", "(4, 3)", "(3, 4)")),
    "the second's shape": ([W, B[:2]], ("net/d/bias", "(3,)", "(2,)")),
    "NaN": ([W, spoilt(np.tile(B, 2), np.nan)[3:]], ("net/d/bias", "finite", "1 of 3", "nan at index (2,)")),
    "infinity": ([spoilt(W, np.inf), B], ("net/d/kernel", "finite", "inf")),
    "strings": ([np.full((4, 3), "a"), B], ("net/d/kernel", "real numbers", "<U1")),
    "complex": ([W + 1j, B], ("net/d/kernel", "real numbers", "complex64")),
    "ragged": ([[[1.0], [1.0, 2.0]], B], ("net/d/kernel", "rectangular")),
}


@table(WEIGHTS)
@pytest.mark.parametrize("owner", ["model", "layer"])
def test_set_weights(owner, case, words):
    model = build()
    check_refused(lambda: (model if owner == "model" else model.layers[0]).set_weights(case), words, model)


@table({"None": (None, ("weights", "None")), "beyond float32": ([W.astype("d") * 1e300, B], ("finite",))})
def test_set_weights_of_other_kinds(case, words):
    model = build()
    check_refused(lambda: model.set_weights(case), words, model)


REGISTRIES = {"activation": activations, "loss": losses, "optimizer": optimizers, "metric": metrics}
REGISTRIES |= {"initializer": initializers}
NAMES = [(module, kind, name) for kind, module in REGISTRIES.items() for name in getattr(module, module.__name__[7:])]


@pytest.mark.parametrize(("module", "kind", "name"), NAMES, ids=lambda value: value if isinstance(value, str) else "")
def test_misspelt_names_bring_the_nearest(module, kind, name):
    check_refused(lambda: module.get(f"{name[:-1]}~"), (kind, repr(f"{name[:-1]}~"), "did you mean", repr(name)))
    check_refused(lambda: module.get("~"), (kind, "'~'", "expected one of", repr(name)))
    check_refused(lambda: module.get(3), (kind, "int"))
    check_refused(lambda: module.get({"config": {}}), (kind, "class_name", "['config']"))


OBJECTS = {
    "Dense units": (lambda: layers.Dense(0), ("units", ">= 1", "0")),
    "Dense activation": (lambda: layers.Dense(2, "rellu"), ("activation", "'rellu'", "'relu'")),
    "Dense initializer": (lambda: layers.Dense(2, bias_initializer="zeroes"), ("initializer", "'zeroes'", "'zeros'")),
    "Dense regularizer": (lambda: layers.Dense(2, kernel_regularizer="l3"), ("regularizer", "'l3'", "'l2'")),
    "Dense unknown": (lambda: layers.Dense(2, foo=1), ("Dense", "'foo'")),
    "dtype": (lambda: layers.Dense(2, dtype="float16"), ("dtype", "float32, float64", "float16")),
    "name": (lambda: layers.Dense(2, name="a/b"), ("name", "'/'", "'a/b'")),
    "Dropout rate": (lambda: layers.Dropout(1.5), ("rate", "[0, 1]", "1.5")),
    "Flatten": (lambda: layers.Flatten("channels"), ("data_format", "channels_last", "'channels'")),
    "Input shape": (lambda: handnn.Input((0,)), ("shape", "positive", "(0,)")),
    "Sequential of numbers": (lambda: handnn.Sequential([3]), ("layers", "int")),
    "two layers of one name": (lambda: handnn.Sequential([layers.Dense(2, name="a")] * 2), ("names", "'a'")),
    "Input too late": (lambda: handnn.Sequential([layers.Dense(2), handnn.Input((2,))]), ("Input", "first")),
    "config": (lambda: handnn.Sequential.from_config({"name": "n"}), ("config", "'layers'", "['name']")),
    "config's layer": (lambda: layers.from_config({"class_name": "ConvLSTM2D"}), ("config", "ConvLSTM2D", "dense")),
    "loss reduction": (lambda: losses.MeanSquaredError("average"), ("reduction", "'sum'", "'average'")),
    "loss smoothing": (lambda: losses.BinaryCrossentropy(label_smoothing=2), ("label_smoothing", "[0, 1]", "2")),
    "loss axis": (lambda: losses.BinaryCrossentropy(axis=0.5), ("axis", "integer", "0.5")),
    "loss axis too far": (lambda: losses.Dice(axis=2)(Y, Y), ("axis", "2 axes", "received 2")),
    "loss axis of labels": (lambda: losses.SparseCategoricalCrossentropy(axis=0)([0] * 6, Y), ("axis", "-1", "0")),
    "loss axis of logits": (lambda: losses.CategoricalCrossentropy(True, axis=None)(Y, Y), ("axis", "one", "None")),
    "loss delta": (lambda: losses.Huber(delta="1"), ("delta", "number", "'1'")),
    "loss alpha": (lambda: losses.CategoricalFocalCrossentropy(alpha=[0.1, None]), ("alpha", "number", "None")),
    "loss q": (lambda: losses.CategoricalGeneralizedCrossEntropy(q=1), ("q", "(0, 1)", "1")),
    "loss ignore_class": (lambda: losses.SparseCategoricalCrossentropy(ignore_class="no"), ("ignore_class", "'no'")),
    "loss labels": (lambda: losses.CategoricalGeneralizedCrossEntropy()([7] * 6, Y), ("labels", "0 to 2", "7")),
    "loss embeddings": (lambda: losses.Circle()([0] * 6, ONES), ("y_pred", "(rows, size)", "(6,)")),
    "loss of pairs": (lambda: losses.Circle()([0] * 5, Y), ("label", "(6,)", "(5,)")),
    "loss of a column": (lambda: losses.Dice(axis=0)(Y, Y, ONES), ("sample_weight", "(3,)", "(6,)")),
    "loss shapes": (lambda: losses.MeanSquaredError()(Y, Y[:, :2]), ("y_true", "(6, 2)", "(6, 3)")),
    "loss weights": (lambda: losses.MeanSquaredError()(Y, Y, ONES[:5]), ("sample_weight", "(6,)", "(5,)")),
    "learning rate": (lambda: optimizers.SGD(float("nan")), ("learning_rate", "finite", "nan")),
    "momentum": (lambda: optimizers.SGD(0.1, momentum=1.5), ("momentum", "[0, 1]", "1.5")),
    "clipnorm": (lambda: optimizers.Adam(clipnorm="a"), ("clipnorm", "number", "'a'")),
    "two limits": (lambda: optimizers.SGD(clipnorm=1.0, clipvalue=2.0), ("only one", "clipnorm", "clipvalue", "2.0")),
    "ema_momentum": (lambda: optimizers.SGD(use_ema=True, ema_momentum=2), ("ema_momentum", "[0, 1]", "2")),
    "averages": (lambda: optimizers.SGD(use_ema=True, ema_overwrite_frequency=0), ("ema_overwrite_frequency", "0")),
    "accumulation": (lambda: optimizers.SGD(gradient_accumulation_steps=1), ("gradient_accumulation_steps", "2", "1")),
    "no decay for AdamW": (lambda: optimizers.AdamW(weight_decay=None), ("weight_decay", "number", "None")),
    "no gradient at all": (lambda: optimizers.SGD().apply([None], [Y.copy()]), ("gradients", "None")),
    "power of Ftrl": (lambda: optimizers.Ftrl(learning_rate_power=0.5), ("learning_rate_power", "<= 0", "0.5")),
    "beta of Lion": (lambda: optimizers.Lion(beta_1=0.0), ("beta_1", "(0, 1]", "0")),
    "gradient's shape": (lambda: optimizers.SGD().apply([Y.T], [Y.copy()]), ("gradient", "(3, 6)", "(6, 3)")),
    "initializer seed": (lambda: initializers.HeNormal(seed=-1), ("seed", ">= 0", "-1")),
    "global seed": (lambda: utils.set_random_seed("a"), ("seed", ">= 0", "'a'")),
    "labels": (lambda: utils.to_categorical([0, 3], 2), ("x", "num_classes=2", "3")),
    "floatx": (lambda: config.set_floatx("float16"), ("float32", "float16")),
    "hook": (lambda: callbacks.LambdaCallback(on_foo=print), ("'on_foo'", "on_epoch_end")),
    "uncompiled": (lambda: handnn.Sequential([handnn.Input((4,))]).fit(X, Y), ("loss", "compile")),
}


@table(OBJECTS)
def test_arguments_of_objects(case, words):
    check_refused(case, words)


MORE_OBJECTS = {
    "lora_alpha": (lambda: layers.Dense(2, lora_alpha=2), ("lora_alpha", "2")),
    "input_shape": (lambda: layers.Dense(2, input_shape=(0,)), ("input_shape", "(0,)")),
    "Dropout seed": (lambda: layers.Dropout(0.5, seed="a"), ("seed", "'a'")),
    "noise_shape": (lambda: layers.Dropout(0.5, noise_shape=3), ("noise_shape", "3")),
    "config None": (lambda: handnn.Sequential.from_config(None), ("config", "None")),
    "smoothing of text": (lambda: losses.BinaryCrossentropy(label_smoothing="a"), ("label_smoothing", "'a'")),
    "strings in a loss": (lambda: losses.MeanSquaredError()(np.full((6, 3), "a"), Y), ("y_true", "real numbers")),
    "complex predictions": (lambda: losses.MeanSquaredError()(Y, Y + 1j), ("y_pred", "complex128")),
    "no samples in a loss": (lambda: losses.MeanSquaredError()(Y[:0], Y[:0]), ("at least one",)),
    "epsilon": (lambda: optimizers.Adam(epsilon="a"), ("epsilon", "'a'")),
    "gradients missing": (lambda: optimizers.SGD().apply([Y], [Y.copy(), Y.copy()]), ("grads", "2", "1")),
    "weights of integers": (lambda: optimizers.SGD().apply([Y], [np.ones((6, 3), int)]), ("weight", "int64")),
    "metric's shapes": (lambda: metrics.MeanSquaredError()(Y[:, :2], Y), ("y_true", "(6, 3)", "(6, 2)")),
    "metric's weights": (lambda: metrics.MeanSquaredError()(Y, Y, ONES[:4]), ("sample_weight", "(6,)", "(4,)")),
    "labels with fractions": (lambda: utils.to_categorical([0.5]), ("x", "integers", "0.5")),
}


@table(MORE_OBJECTS)
def test_arguments_of_objects_of_other_kinds(case, words):
    check_refused(case, words)


def test_a_failed_compile_keeps_what_was_compiled():
    model = build()
    check_refused(lambda: model.compile("sgd", "msee"), ("loss", "'msee'", "'mse'"), model)


def test_a_misspelt_metric_is_refused_when_it_is_compiled():
    model = build()
    wrong = {"optimizer": "sgd", "loss": "mae", "metrics": ["acuracy"]}
    check_refused(lambda: model.compile(**wrong), ("metric", "'acuracy'", "'accuracy'"), model)


def test_a_failed_step_changes_no_weight():
    weights = [Y.copy(), Y.copy()]
    check_refused(lambda: optimizers.SGD().apply([Y, Y.T], weights), ("gradient", "(3, 6)", "(6, 3)"))
    assert np.array_equal(weights[0], Y)


def test_bad_data_build_no_model():
    model = handnn.Sequential([layers.Dense(3)])
    model.compile("sgd", "mse")
    check_refused(lambda: model.fit(np.full((6, 4), "a"), Y, verbose=0), ("x", "real numbers"))
    assert not model.built


def test_a_check_that_is_left_out_is_seen(monkeypatch):
    monkeypatch.setattr("handnn.core.variable.check_finite", lambda *arguments: None)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_x("predict", *BAD_X["NaN"])


def test_a_change_by_a_failed_call_is_seen():
    model = build()

    def change():
        model.weights[0].value[0, 0] += 1
        raise ValueError("x is wrong")

    with pytest.raises(AssertionError):
        check_refused(change, ("x",), model)
