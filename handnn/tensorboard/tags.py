"""The tags of all logged values.

handnn, the Keras twin and the lockstep code use the same tags, so that TensorBoard overlays the curves of both
sides. If ``keras.callbacks.TensorBoard`` has a tag for a value, it is used. A `path` is Keras' variable path,
``<model>/<layer>/<tensor>``, such as ``digits/hidden_1/kernel``.
"""

STATISTICS = ("mean", "std", "norm", "min", "max")
"""The statistics of every weight and bias tensor that are logged as scalars."""

KERAS_MODEL = "keras"
"""The model's JSON, drawn by TensorBoard's graph dashboard."""

WORST_ERROR = "parity/worst_error_over_allowance"
"""Scalar: the largest error / allowance of a step over all tensors."""

FIRST_OUTSIDE = "parity/first_outside"
"""Text: the first step, layer and tensor that left its allowance."""

DRIFT_MAX = "drift/max"
"""Scalar: the largest difference of a weight between the two freely trained networks."""


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


def gradient_histogram(path: str) -> str:
    """Tag of the histogram of dL/dvariable: ``digits/hidden_1/kernel/gradient/histogram``."""
    return f"{_clean(path)}/gradient/histogram"


def delta_histogram(model: str, layer: str) -> str:
    """Tag of the histogram of a layer's residual delta = dL/dz: ``digits/hidden_1/delta/histogram``."""
    return f"{_clean(f'{model}/{layer}')}/delta/histogram"


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


def _clean(path: str) -> str:
    """Return the path in Keras' form for tags: a colon becomes an underscore."""
    return path.replace(":", "_")
