"""The tags of all logged values.

handnn, the Keras twin and the lockstep code use the same tags, so that TensorBoard overlays the curves of both
sides. If ``keras.callbacks.TensorBoard`` has a tag for a value, it is used. A `path` is Keras' variable path,
``<model>/<layer>/<tensor>``, such as ``digits/hidden_1/kernel``.
"""

STATISTICS = ("mean", "std", "norm", "min", "max")
"""The statistics of every weight and bias tensor that are logged as scalars."""

KERAS_MODEL = "keras"
"""The model's JSON, drawn by TensorBoard's graph dashboard."""

# "agreement" precedes all other groups in the alphabet, so TensorBoard shows these few tags on top.
WORST_ERROR = "agreement/worst_error_over_allowance"
"""Scalar: the largest error / allowance of a step over all tensors."""

LIMIT = "agreement/limit"
"""Scalar: 1, the limit of error / allowance, to be drawn beside it."""

FIRST_OUTSIDE = "parity/first_outside"
"""Text: the first step, layer and tensor that left its allowance."""

DRIFT_MAX = "agreement/drift"
"""Scalar: the largest difference of a weight between the two freely trained networks."""

DRIFT_LOG = "agreement/drift_log10"
"""Scalar: its decimal logarithm, since a log file cannot ask for a logarithmic axis."""

LARGEST_GRADIENTS = "gradient/largest"
"""Text: the components of the gradient that matter most."""

ABOUT_RUN = "run/"
"""Start of the tags of the Text page; the first one on the page is the verdict."""


def epoch(name: str) -> str:
    """Tag of a value per epoch, as in Keras: ``epoch("loss")`` is ``epoch_loss``."""
    return f"epoch_{name}"


def batch(name: str) -> str:
    """Tag of a value per training step, as in Keras: ``batch("loss")`` is ``batch_loss``."""
    return f"batch_{name}"


def evaluation(name: str) -> str:
    """Tag of a validation value over training steps, as in Keras: ``evaluation_loss_vs_iterations``."""
    return f"evaluation_{name}_vs_iterations"


def histogram(path: str) -> str:
    """Tag of a variable's histogram, as in Keras: ``digits/hidden_1/kernel/histogram``."""
    return f"{_clean(path)}/histogram"


def image(path: str) -> str:
    """Tag of a variable's picture, as in Keras: ``digits/hidden_1/kernel/image``."""
    return f"{_clean(path)}/image"


def feature_maps(model: str, layer: str) -> str:
    """Tag of the picture of what a convolution makes of one sample: ``lenet/conv_1/feature_maps/image``."""
    return f"{_clean(f'{model}/{layer}')}/feature_maps/image"


def attention(model: str, layer: str) -> str:
    """Tag of the picture of an attention layer's weights for one sample: ``transformer/attention/weights/image``."""
    return f"{_clean(f'{model}/{layer}')}/weights/image"


def gradient_image(path: str) -> str:
    """Tag of the picture of -dL/dvariable: ``digits/hidden_1/kernel/gradient/image``."""
    return f"{_clean(path)}/gradient/image"


def activity(model: str, what: str) -> str:
    """Tag of the picture of what lights up for a few samples: ``digits/lit_up/image``, ``digits/noise/image``."""
    return f"{_clean(model)}/{what}/image"


def gradient_histogram(path: str) -> str:
    """Tag of the histogram of dL/dvariable: ``digits/hidden_1/kernel/gradient/histogram``."""
    return f"{_clean(path)}/gradient/histogram"


def trend(path: str, statistic: str) -> str:
    """Tag of one statistic of a variable over time: ``digits/hidden_1/kernel/norm``.

    Raises ValueError if `statistic` is not one of STATISTICS.
    """
    if statistic not in STATISTICS:
        raise ValueError(f"statistic: got {statistic!r}, expected one of {', '.join(STATISTICS)}")
    return f"{_clean(path)}/{statistic}"


def parity_tensor(layer: str, tensor: str) -> str:
    """Tag of one tensor's error / allowance: ``parity/hidden_1/dW``."""
    return f"parity/{_clean(layer)}/{tensor}"


def drift(path: str) -> str:
    """Tag of one variable's difference between the two sides: ``drift/digits/hidden_1/kernel``."""
    return f"drift/{_clean(path)}"


def health(measure: str, layer: str) -> str:
    """Tag of one measure of a layer's health: ``health_gradient_norm/hidden_1``."""
    return f"health_{measure}/{_clean(layer)}"


def health_of(numbers: dict[str, dict[str, float]]) -> dict[str, float]:
    """Return {tag: number} of a step's {layer: {measure: number}}."""
    return {health(measure, layer): value for layer, own in numbers.items() for measure, value in own.items()}


def description(tag: str) -> str:
    """Return what a tag means, in a sentence; empty for a tag that is not of this module."""
    first, last = tag.partition("/")[0], tag.rpartition("/")[2]
    if first.startswith("health_"):
        return HEALTH.get(first.removeprefix("health_"), "")
    known = next((words for start, words in STARTS.items() if tag.startswith(start)), "")
    if known or "/" not in tag:
        return known
    if last == "histogram":
        kind = tag.split("/")[-2]
        if kind.startswith("delta_"):
            return f"Elements of dL/dz of the gate {kind[6:]!r} at every step of time, of the last batch of the epoch."
        return KINDS.get(kind, "All elements of the weight, after the epoch.")
    if last == "image":
        return IMAGES.get(tag.split("/")[-2], "The weight as a picture.")
    return f"{last} over all elements of the tensor, after the epoch." if last in STATISTICS else ""


STARTS = {
    WORST_ERROR: "The largest error / allowance of the step over all tensors; above 1 a tensor is wrong.",
    LIMIT: "The limit of error / allowance.",
    DRIFT_LOG: "Decimal logarithm of the drift: the largest difference of a weight between the two sides.",
    DRIFT_MAX: "Drift: the largest difference of a weight between the two sides, each trained on its own.",
    FIRST_OUTSIDE: "The first step, layer and tensor that left its allowance.",
    "parity/": "Error of the hand-written tensor, on TensorFlow's own inputs, as a share of what rounding may cause.",
    "drift/": "Largest difference of an element between the two sides, each trained on its own from the same start.",
    "epoch_learning_rate": "Learning rate of the optimizer at the end of the epoch.",
    "epoch_": "Mean over the samples of the epoch; for validation, after it.",
    "batch_": "Mean since the start of the epoch, as in Keras.",
    "confidence/": "Mean of the largest probability that the network gives: to the validation samples, and to noise.",
    "result/": "At the end of the run.",
    ABOUT_RUN: "About the whole run.",
    LARGEST_GRADIENTS: "The components of the gradient of the last batch that matter most.",
}
KINDS = {
    "gradient": "Elements of dL/dW or dL/db of the last batch of the epoch.",
    "delta": "Elements of delta = dL/dz of the last batch of the epoch.",
    "z": "Elements of z, before the activation, of the last batch of the epoch.",
    "a": "Elements of a = f(z), the layer's output, of the last batch of the epoch.",
}
IMAGES = {
    "lit_up": "A few validation samples, a row each: the picture, then the units of each layer, bright where active; "
    "the last column is the output, class by class from the top.",
    "noise": "The same for random noise: a trained network is often as sure of it as of real pictures.",
    "gradient": "-dL/dW of the first layer in the last batch: what its weights are asked to do. The strongest colours "
    "are the components that matter most.",
    "kernel": "Weights of the first layer, a tile for each unit: red above 0, blue below, white near 0.",
    "feature_maps": "What the first convolution makes of one validation sample, a tile for each filter.",
    "weights": "Weights of the attention for one validation sample, a tile for each head.",
}
HEALTH = {
    "gradient_norm": "Euclidean norm of dL/dW of the step.",
    "update_ratio": "Mean |change of W| / mean |W| of the step; 1e-4 to 1e-1 is usual.",
    "dead": "Share of units that were silent in each of the last 10 batches measured.",
    "saturated": "Mean |a| of sigmoid and tanh, scaled to -1..1; 1 is saturated.",
    "activation_std": "Standard deviation of the layer's outputs.",
    "zero_gradients": "Share of elements of dL/dW that are 0.",
}


def result(name: str) -> str:
    """Tag of a result of the whole run, for the HParams page: ``result/handnn_val_loss``."""
    return f"result/{name}"


def tensor_histogram(model: str, layer: str, tensor: str) -> str:
    """Tag of the histogram of a layer's z, a or delta: ``digits/hidden_1/z/histogram``."""
    return f"{_clean(f'{model}/{layer}')}/{tensor}/histogram"


def _clean(path: str) -> str:
    """Return the path in Keras' form for tags: a colon becomes an underscore."""
    return path.replace(":", "_")
