"""Losses, activations, layers and metrics of one's own: trained like the built-in ones, saved by registration.

Their formulas are copies of built-in ones on numbers that are exact in float32, so that all is compared exactly.
"""

import numpy as np
import pytest

import handnn
from handnn import layers, saving

X = np.array([[1, -2, 0, 1], [0, 1, 1, -1], [2, 0, -1, 1], [-1, 1, 2, 0]], "float32")
Y = np.array([[1, 0], [0, 2], [-1, 1], [2, -2]], "float32")


def squared(y_true, y_pred):
    return np.mean((y_pred - y_true) ** 2, axis=-1)


def slope_of_squared(y_true, y_pred):
    return 2 * (y_pred - y_true) / y_pred.shape[-1]


def each_squared(y_true, y_pred):
    return (y_pred - y_true) ** 2


def mean_squared(y_true, y_pred):
    return np.mean((y_pred - y_true) ** 2)


squared.derivative = slope_of_squared
each_squared.derivative = lambda y_true, y_pred: 2 * (y_pred - y_true)
mean_squared.derivative = lambda y_true, y_pred: 2 * (y_pred - y_true) / y_pred.size


class Squared(handnn.losses.Loss):
    def call(self, y_true, y_pred):
        return squared(y_true, y_pred)

    def derivatives(self, y_true, y_pred):
        return slope_of_squared(y_true, y_pred)


def rectify(z):
    return np.maximum(z, 0)


rectify.derivative = lambda z: (z > 0).astype(z.dtype)


def rectify_whole(z):
    return np.maximum(z, 0)


rectify_whole.backward = lambda upstream, z, a: upstream * (a > 0)


class MyDense(layers.Layer):
    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="ones", name="w")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b")
        self.steps = self.add_weight(shape=(), initializer="zeros", trainable=False, name="steps")
        self.built = True

    def call(self, x):
        return x @ self.w + self.b

    def backward(self, t):
        t.gradients["w"] = t.x.T @ t.delta
        t.gradients["b"] = t.delta.sum(axis=0)
        t.dx = t.delta @ self.w.value.T

    def get_config(self):
        return super().get_config() | {"units": self.units}


class Batches(handnn.metrics.Metric):
    def __init__(self, name="batches", **options):
        super().__init__(name=name, **options)
        self.count = self.add_variable((), name="count")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.count.assign_add(1)

    def result(self):
        return float(self.count)


def trained(loss="mse", activation="relu", dense=layers.Dense, steps=1, **options):
    first = {"kernel_initializer": "ones"} if dense is layers.Dense else {}
    out = layers.Dense(2, kernel_initializer=handnn.initializers.Constant(0.5), name="out")
    model = handnn.Sequential([handnn.Input((4,)), dense(4, name="first", **first), layers.Activation(activation), out])
    model.compile(handnn.optimizers.SGD(0.5), loss, **options)
    history = model.fit(X, Y, epochs=steps, shuffle=False, verbose=0)
    return model, history.history["loss"], [w for w in model.get_weights() if w.ndim]


CASES = {
    "a loss function": {"loss": squared},
    "a loss function of each prediction": {"loss": each_squared},
    "a loss function of the batch": {"loss": mean_squared},
    "a loss class": {"loss": Squared()},
    "an activation": {"activation": rectify},
    "an activation with backward": {"activation": rectify_whole},
    "a layer": {"dense": MyDense},
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_written_like_a_built_in_trains_like_it(case):
    _, losses, weights = trained(**CASES[case])
    _, expected, known = trained()
    assert losses == expected
    assert all(np.array_equal(a, b) for a, b in zip(weights, known, strict=True))


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_in_a_derivative_changes_the_weights(case, monkeypatch):
    """Planted: the derivative forgotten to a factor 2."""
    given = next(iter(CASES[case].values()))
    if given is MyDense:
        right = MyDense.backward
        monkeypatch.setattr(MyDense, "backward", lambda self, t: (right(self, t), t.gradients["w"].__imul__(2)))
    elif isinstance(given, Squared):
        monkeypatch.setattr(Squared, "derivatives", lambda self, y, p, out=None: 2 * slope_of_squared(y, p))
    else:
        name = "backward" if hasattr(given, "backward") else "derivative"
        right = getattr(given, name)
        monkeypatch.setattr(given, name, lambda *a: 2 * right(*a))
    _, _, weights = trained(**CASES[case])
    assert not all(np.array_equal(a, b) for a, b in zip(weights, trained()[2], strict=True))


def test_a_lambda_layer_needs_a_derivative_only_above_weights():
    double = lambda x: 2 * x  # noqa: E731
    first = handnn.Sequential([handnn.Input((4,)), layers.Lambda(double), layers.Dense(2)])
    dense = layers.Dense(2, kernel_initializer="ones")
    inside = handnn.Sequential([handnn.Input((4,)), dense, layers.Lambda(double, output_shape=(2,))])
    for model in (first, inside):
        model.compile("sgd", "mse")
        assert model.output_shape == (None, 2)
    first.fit(X, Y, verbose=0)
    with pytest.raises(TypeError, match=r"write function.backward = lambda delta, x: ..., which returns dL/dx"):
        inside.fit(X, Y, verbose=0)
    double.backward = lambda delta, x: 2 * delta
    _, gradients = inside.loss_and_gradients(X, Y)
    y_pred = inside.predict(X, verbose=0)
    assert np.array_equal(gradients[1], (2 * 2 * (y_pred - Y) / Y.size).sum(axis=0))


WITHOUT = {
    "loss": (
        {"loss": lambda y, p: np.mean((y - p) ** 2, -1)},
        r"derivative = lambda y_true, y_pred: ..., which returns",
    ),
    "class": ({"loss": type("Bare", (handnn.losses.Loss,), {"call": Squared.call})()}, "write the method derivatives"),
    "activation": ({"activation": lambda z: z}, r"derivative = lambda z: ..., which returns f'\(z\)"),
    "layer": ({"dense": type("Bare", (MyDense,), {"call": MyDense.call})}, None),
}


@pytest.mark.parametrize("case", WITHOUT)
def test_without_a_derivative_the_error_says_what_to_write(case):
    options, words = WITHOUT[case]
    if words is None:  # a subclass keeps the derivative of its parent
        assert trained(**options)[1] == trained()[1]
        return
    with pytest.raises(TypeError, match=words):
        trained(**options)


def test_a_layer_without_backward_says_what_to_write():
    class Bare(layers.Layer):
        build = MyDense.build

        def __init__(self, units, **options):
            super().__init__(**options)
            self.units = units

        def call(self, x, training=False):
            return x @ self.w + self.b * training

    assert Bare(3)(X).shape == (4, 3) and Bare(3).compute_output_shape((None, 4)) == (None, 3)
    with pytest.raises(
        TypeError, match=r"write backward\(self, t\), which sets t.gradients\['w'\], t.gradients\['b'\] and"
    ):
        trained(dense=Bare)


def test_metrics_of_ones_own():
    model, *_ = trained(metrics=[Batches(), "mae"], steps=2)
    assert model.history.history["batches"] == [1.0, 1.0]
    assert model.metrics[1].variables[0].name == "count" and not model.metrics[1].variables[0].trainable


def test_registered_objects_are_saved_and_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr("handnn.core.custom._registered", {})
    path = tmp_path / "own.keras"
    objects = {"MyDense": MyDense, "squared": squared, "rectify": rectify, "Batches": Batches}
    for entry in objects.values():
        saving.register_keras_serializable("tests")(entry)
    model, *_ = trained(squared, rectify, MyDense, metrics=[Batches()])
    model.save(path)
    for scope in ("registered", "given"):
        given = None if scope == "registered" else objects
        if given:
            saving.get_custom_objects().clear()
            with pytest.raises(ValueError, match="MyDense"):
                handnn.load_model(path)
        back = handnn.load_model(path, custom_objects=given)
        assert all(np.array_equal(a, b) for a, b in zip(back.get_weights(), model.get_weights(), strict=True))
        assert back.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
        assert isinstance(back.layers[0], MyDense) and back.layers[0].trainable_weights == back.layers[0].weights[:2]


def test_variables_compute():
    v = handnn.Variable([1.0, 2.0])
    assert (v + 1).tolist() == [2, 3] and (3 - v).tolist() == [2, 1] and (v > 1.5).tolist() == [False, True]
    assert v[0] == 1 and len(v) == 2 and np.sum(v * v) == 5 and hash(v) == hash(v) and v.name
    assert v.assign_add([1, 1]).value.tolist() == [2, 3] and v.assign_sub([1, 1]).value.tolist() == [1, 2]
