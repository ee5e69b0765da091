"""The two networks that are timed, and the contenders, each in terms of its own library.

`contenders(library, network)` yields (name, function that takes one training step, or None and a function that times
itself). Run in a process of its own by `benchmarks.step`, so that no two libraries' threads share the cores.
"""

import math
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

LEARNING_RATE = 0.01
FIT_STEPS = 60


class Network(NamedTuple):
    """Widths from input to output, hidden and output activation, loss, batch size."""

    widths: tuple[int, ...]
    hidden: str
    output: str
    loss: str
    batch: int

    @property
    def title(self) -> str:
        return f"{'-'.join(map(str, self.widths))}, {self.hidden}, {self.loss}, batch {self.batch}"

    @property
    def largest_product(self) -> int:
        """The multiplications of the largest matrix product of a step."""
        pairs = zip(self.widths, self.widths[1:], strict=False)
        return max(self.batch * inputs * outputs for inputs, outputs in pairs)


NETWORKS = {
    "small": Network((784, 16, 16, 10), "sigmoid", "sigmoid", "mean_squared_error", 100),
    "large": Network((784, 512, 512, 10), "relu", "softmax", "categorical_crossentropy", 128),
}

Step = Callable[[], Any]


class Timed(NamedTuple):
    """A contender; `steps` training steps happen in one call."""

    name: str
    call: Step
    steps: int = 1


def samples(network: Network, batches: int = FIT_STEPS) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    count = network.batch * batches
    labels = rng.integers(0, network.widths[-1], count)
    return rng.random((count, network.widths[0]), dtype="float32"), np.eye(network.widths[-1], dtype="float32")[labels]


def weights(network: Network) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    found = []
    for inputs, units in zip(network.widths, network.widths[1:], strict=False):
        found += [rng.normal(0, inputs**-0.5, (inputs, units)).astype("float32"), np.zeros(units, "float32")]
    return found


def numpy_contenders(network: Network) -> Iterator[Timed]:
    import handnn

    x, y = samples(network)
    bx, by = x[: network.batch], y[: network.batch]
    yield Timed("matrix products alone", products(network, bx))
    yield Timed("the step in bare NumPy", bare(network, bx, by))
    model = handnn.Sequential([handnn.Input((network.widths[0],))])
    for units in network.widths[1:-1]:
        model.add(handnn.layers.Dense(units, network.hidden))
    model.add(handnn.layers.Dense(network.widths[-1], network.output))
    model.compile(handnn.optimizers.SGD(LEARNING_RATE), network.loss)
    model.set_weights(weights(network))
    yield Timed("handnn, one step", lambda: model.train_step(bx, by))
    yield Timed("handnn train_on_batch", lambda: model.train_on_batch(bx, by))
    yield Timed("handnn fit", lambda: model.fit(x, y, batch_size=network.batch, verbose=0), FIT_STEPS)


def products(network: Network, x: np.ndarray) -> Step:
    """Return the matrix products of a step alone: a W forward, a^T delta and delta W^T backward."""
    rng, batch = np.random.default_rng(2), network.batch
    kernels = weights(network)[::2]
    inputs = [x, *[rng.random((batch, k.shape[1]), dtype="float32") for k in kernels[:-1]]]
    deltas = [rng.normal(size=(batch, k.shape[1])).astype("float32") for k in kernels]
    z = [np.empty_like(d) for d in deltas]
    d_kernels, d_inputs = [np.empty_like(k) for k in kernels], [np.empty_like(a) for a in inputs]

    def step() -> None:
        for a, k, out in zip(inputs, kernels, z, strict=True):
            np.dot(a, k, out=out)
        for i in range(len(kernels) - 1, -1, -1):
            np.dot(inputs[i].T, deltas[i], out=d_kernels[i])
            if i:
                np.dot(deltas[i], kernels[i].T, out=d_inputs[i])

    return step


def bare(network: Network, x: np.ndarray, y: np.ndarray) -> Step:
    """Return the step written out for this one network, without a library: what NumPy's calls cost at the least."""
    batch, sigmoid = len(x), network.hidden == "sigmoid"
    theta, gradient = side_by_side_of(network), side_by_side_of(network)
    for w, own in zip(weights(network), theta[1], strict=True):
        own[...] = w
    kernels, biases, dkernels, dbiases = theta[1][::2], theta[1][1::2], gradient[1][::2], gradient[1][1::2]
    z, a, delta = ([np.empty((batch, k.shape[1]), "float32") for k in kernels] for _ in range(3))
    upstream, ones, work = [np.empty_like(part) for part in a], np.ones(batch, "float32"), np.empty_like(theta[0])
    last = len(kernels) - 1

    def forward() -> None:
        for i, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
            np.dot(a[i - 1] if i else x, kernel, out=z[i])
            z[i] += bias
            if sigmoid:
                np.negative(z[i], out=a[i])
                np.exp(a[i], out=a[i])
                a[i] += 1
                np.reciprocal(a[i], out=a[i])
            elif i < last:
                np.maximum(z[i], 0, out=a[i])

    def mean_squared_error() -> Any:
        difference = a[last] - y
        np.multiply(difference, 2 / (difference.size), out=upstream[last])
        return (difference * difference).sum() / difference.size

    def softmax_cross_entropy() -> Any:
        shifted = z[last] - z[last].max(axis=-1, keepdims=True)
        np.exp(shifted, out=delta[last])
        total = delta[last].sum(axis=-1, keepdims=True)
        delta[last] /= total
        delta[last] -= y
        delta[last] /= batch
        return ((np.log(total) - shifted) * y).sum() / batch

    def backward() -> None:
        for i in range(last, -1, -1):
            if sigmoid:
                np.subtract(1, a[i], out=delta[i])
                delta[i] *= a[i]
                delta[i] *= upstream[i]
            elif i < last:
                np.multiply(upstream[i], z[i] > 0, out=delta[i])
            np.dot((a[i - 1] if i else x).T, delta[i], out=dkernels[i])
            np.dot(ones, delta[i], out=dbiases[i])
            if i:
                np.dot(delta[i], kernels[i].T, out=upstream[i - 1])

    def step() -> Any:
        forward()
        loss = mean_squared_error() if sigmoid else softmax_cross_entropy()
        backward()
        np.multiply(gradient[0], LEARNING_RATE, out=work)
        np.subtract(theta[0], work, out=theta[0])
        return loss

    return step


def side_by_side_of(network: Network) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return one row of zeros for all weights, and the part of each weight in it."""
    shapes = [w.shape for w in weights(network)]
    row = np.zeros(sum(math.prod(shape) for shape in shapes), "float32")
    ends = np.cumsum([math.prod(shape) for shape in shapes])[:-1]
    return row, [part.reshape(shape) for part, shape in zip(np.split(row, ends), shapes, strict=True)]


def keras_contenders(network: Network) -> Iterator[Timed]:
    import tf_reference  # noqa: F401  (imports TensorFlow quietly)
    import keras
    import tensorflow as tf

    x, y = samples(network)
    bx, by = x[: network.batch], y[: network.batch]

    def model() -> Any:
        stack = [keras.layers.Input((network.widths[0],))]
        stack += [keras.layers.Dense(units, network.hidden) for units in network.widths[1:-1]]
        built = keras.Sequential([*stack, keras.layers.Dense(network.widths[-1], network.output)])
        built.compile(keras.optimizers.SGD(LEARNING_RATE), network.loss)
        built.set_weights(weights(network))
        return built

    compiled, loss = model(), getattr(keras.losses, {"mean_squared_error": "MeanSquaredError"}.get(
        network.loss, "CategoricalCrossentropy"))()  # fmt: skip
    compiled.optimizer.build(compiled.trainable_variables)

    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            value = loss(y, compiled(x, training=True))
        variables = compiled.trainable_variables
        compiled.optimizer.apply_gradients(zip(tape.gradient(value, variables), variables, strict=True))
        return value

    tx, ty = tf.constant(bx), tf.constant(by)
    graph, xla = tf.function(step), tf.function(step, jit_compile=True)
    yield Timed("Keras in one tf.function", lambda: graph(tx, ty).numpy())
    yield Timed("Keras in one tf.function, XLA", lambda: xla(tx, ty).numpy())
    on_batch = model()
    yield Timed("Keras train_on_batch", lambda: on_batch.train_on_batch(bx, by))
    fitted = model()
    yield Timed("Keras fit", lambda: fitted.fit(x, y, batch_size=network.batch, verbose=0), FIT_STEPS)


def sklearn_contenders(network: Network) -> Iterator[Timed]:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    x, y = samples(network, 1)
    activation = {"sigmoid": "logistic"}.get(network.hidden, network.hidden)
    cls, targets = (MLPRegressor, y) if network.loss == "mean_squared_error" else (MLPClassifier, y.argmax(axis=1))
    options = {"hidden_layer_sizes": network.widths[1:-1], "activation": activation, "solver": "sgd", "alpha": 0.0}
    model = cls(**options, momentum=0.0, learning_rate_init=LEARNING_RATE, batch_size=network.batch)
    first = {} if cls is MLPRegressor else {"classes": np.arange(network.widths[-1])}
    model.partial_fit(x, targets, **first)
    yield Timed("scikit-learn MLP partial_fit", lambda: model.partial_fit(x, targets))


def torch_contenders(network: Network) -> Iterator[Timed]:
    import torch

    x, y = (torch.from_numpy(a) for a in samples(network, 1))
    kind = {"sigmoid": torch.nn.Sigmoid, "relu": torch.nn.ReLU}
    stack: list[Any] = []
    for inputs, units in zip(network.widths, network.widths[1:], strict=False):
        stack += [torch.nn.Linear(inputs, units), kind[network.hidden]()]
    if network.output == "softmax":
        stack.pop()
    model = torch.nn.Sequential(*stack)
    optimizer = torch.optim.SGD(model.parameters(), LEARNING_RATE)
    loss = torch.nn.MSELoss() if network.loss == "mean_squared_error" else torch.nn.CrossEntropyLoss()

    def step() -> None:
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()

    yield Timed("PyTorch eager", step)


def jax_contenders(network: Network) -> Iterator[Timed]:
    import jax
    import jax.numpy as jnp

    x, y = (jnp.asarray(a) for a in samples(network, 1))
    hidden = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu}[network.hidden]

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        a = x
        for i in range(0, len(parameters) - 2, 2):
            a = hidden(a @ parameters[i] + parameters[i + 1])
        z = a @ parameters[-2] + parameters[-1]
        if network.output == "softmax":
            return -(y * jax.nn.log_softmax(z)).sum(axis=-1).mean()
        return jnp.square(jax.nn.sigmoid(z) - y).mean()

    @jax.jit
    def step(parameters: Any, x: Any, y: Any) -> Any:
        gradients = jax.grad(loss)(parameters, x, y)
        return [p - LEARNING_RATE * g for p, g in zip(parameters, gradients, strict=True)]

    state = [jnp.asarray(w) for w in weights(network)]
    yield Timed("JAX jit", lambda: jax.block_until_ready(step(state, x, y)))


LIBRARIES: dict[str, Callable[[Network], Iterator[Timed]]] = {
    "numpy": numpy_contenders,
    "keras": keras_contenders,
    "sklearn": sklearn_contenders,
    "torch": torch_contenders,
    "jax": jax_contenders,
}


def median_seconds(contenders: list[Timed], clock: Callable[[], float], repeats: int = 7) -> list[float]:
    """Return each contender's median time of one training step over bursts in turns, after a warm-up."""
    calls = []
    for timed in contenders:
        for _ in range(3 if timed.steps > 1 else 30):
            timed.call()
        began = time.perf_counter()
        timed.call()
        calls.append(max(1, int(LEAST_SECONDS / repeats / max(time.perf_counter() - began, 1e-7))))
    found: list[list[float]] = [[] for _ in contenders]
    for _ in range(repeats):
        for timed, number, own in zip(contenders, calls, found, strict=True):
            began = clock()
            for _ in range(number):
                timed.call()
            own.append((clock() - began) / number / timed.steps)
    return [float(np.median(own)) for own in found]


LEAST_SECONDS = 0.6
"""How long each contender is timed, all bursts together."""
