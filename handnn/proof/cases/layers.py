"""Constructor options to try, by layer class, for tests and random networks.

`OPTIONS[class name](rng, shape)` returns options for a layer that reads samples of this shape (without the batch), or
None where the layer has none that fit.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Rng = np.random.Generator
Shape = tuple[int, ...]
Options = Callable[..., dict[str, Any] | None]

OPTIONS: dict[str, Options] = {}


# ---- normalization --------------------------------------------------------------------------------------------------


def maybe(rng: Rng, *values: Any) -> Any:
    return values[rng.integers(len(values))]


def _axes(rng: Rng, shape: tuple[int, ...]) -> int | list[int]:
    """Return one axis or several, counted from either end."""
    several = sorted(rng.choice(len(shape), rng.integers(1, len(shape) + 1), replace=False))
    found = [int(a) + 1 if rng.random() < 0.5 else int(a) - len(shape) for a in several]
    return found[0] if len(found) == 1 and rng.random() < 0.5 else found


def _one_axis(rng: Rng, shape: tuple[int, ...]) -> int:
    return -1 if rng.random() < 0.5 else int(rng.integers(1, len(shape) + 1))


def _scale_and_offset(rng: Rng) -> dict[str, Any]:
    return {
        "epsilon": maybe(rng, 1e-3, 1e-2, 1e-5),
        "center": bool(rng.random() < 0.8),
        "scale": bool(rng.random() < 0.8),
        "gamma_initializer": maybe(rng, "ones", "random_normal"),
        "beta_initializer": maybe(rng, "zeros", "random_normal"),
        "gamma_regularizer": maybe(rng, None, "l2"),
        "beta_regularizer": maybe(rng, None, "l1"),
    }


def _divisor(rng: Rng, number: int) -> int:
    return int(rng.choice([n for n in range(1, number + 1) if number % n == 0]))


def _batch(rng: Rng, shape: tuple[int, ...]) -> dict[str, Any]:
    momentum = maybe(rng, 0.99, 0.9, 0.0, 1.0)
    own = {"axis": _one_axis(rng, shape), "momentum": momentum}
    if rng.random() < 0.3:
        limits = maybe(rng, None, {"rmin": 0.5, "rmax": 1.5, "dmax": 0.4}, {"dmax": 0.0})
        own |= {"renorm": True, "renorm_clipping": limits, "renorm_momentum": maybe(rng, 0.99, 0.8)}
    return _scale_and_offset(rng) | own


def _groups(rng: Rng, shape: tuple[int, ...]) -> dict[str, Any]:
    axis = _one_axis(rng, shape)
    features = shape[axis - 1 if axis > 0 else axis]
    return _scale_and_offset(rng) | {"axis": axis, "groups": maybe(rng, -1, _divisor(rng, features))}


def _rms(rng: Rng, shape: tuple[int, ...]) -> dict[str, Any]:
    last = int(rng.integers(1, len(shape) + 1))  # scale must fit the last axes
    axis = -1 if last == 1 else list(range(-last, 0))
    return {"axis": axis, "epsilon": maybe(rng, 1e-6, 1e-3)}


def _rescaling(rng: Rng, shape: tuple[int, ...]) -> dict[str, Any]:
    return {"scale": maybe(rng, 1 / 255, 2, rng.normal(size=shape[-1])), "offset": maybe(rng, 0.0, -0.3, [0.5])}


def _normalization(rng: Rng, shape: tuple[int, ...]) -> dict[str, Any]:
    axis = maybe(rng, None, _axes(rng, shape))
    given = maybe(rng, {}, {"mean": float(rng.normal()), "variance": float(rng.uniform(0.1, 4))})
    return {"axis": axis, "invert": bool(rng.random() < 0.3)} | given


OPTIONS |= {
    "BatchNormalization": _batch,
    "LayerNormalization": lambda rng, shape: _scale_and_offset(rng) | {"axis": _axes(rng, shape)},
    "GroupNormalization": _groups,
    "RMSNormalization": _rms,
    "UnitNormalization": lambda rng, shape: {"axis": _axes(rng, shape)},
    "Rescaling": _rescaling,
    "Normalization": _normalization,
}

# ---- windows: convolution, pooling, and what changes spatial sizes ---------------------------------------------------

FORMATS = (None, "channels_last", "channels_first")
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
ONLY_FLOAT32 = ("MaxPooling3D", "AveragePooling3D")
"""TensorFlow has no kernel for them in float64 on a CPU."""


def only_float32(name: str, options: dict[str, Any]) -> bool:
    """Return whether Keras computes a layer or its gradient with these options in float32 only.

    TensorFlow's ScaleAndTranslate, which resizes pictures with Lanczos' kernels or `antialias`, has no other gradient.
    """
    method = options.get("interpolation", "nearest")
    scaled = method.startswith("lanczos") or (bool(options.get("antialias")) and method != "nearest")
    return name in ONLY_FLOAT32 or scaled


def _format(rng: Rng) -> dict[str, Any]:
    return {"data_format": FORMATS[rng.integers(3)]}


def _sizes(shape: Shape, data_format: str | None) -> Shape:
    """Return the spatial sizes of a sample."""
    return shape[1:] if data_format == "channels_first" else shape[:-1]


def _window(rng: Rng, shape: Shape, rank: int, padding: tuple[str, ...] = ("valid", "same"), **given: Any) -> Any:
    """Draw kernel_size, strides, dilation_rate, padding and data_format that fit, None if the rank does not."""
    if len(shape) != rank + 1:
        return None
    drawn: dict[str, Any] = _format(rng) | given
    sizes = _sizes(shape, drawn["data_format"])
    taps = [int(rng.integers(1, min(size, 3) + 1)) for size in sizes]
    drawn |= {"kernel_size": tuple(taps), "padding": str(rng.choice(padding))}
    if rng.random() < 0.4:
        one = int(rng.integers(1, 4))
        drawn["strides"] = one if rng.random() < 0.5 or rank == 3 else tuple(int(rng.integers(1, 4)) for _ in sizes)
    elif rng.random() < 0.3 and all(2 * tap - 1 <= size for tap, size in zip(taps, sizes, strict=True)):
        drawn["dilation_rate"] = 2
    return drawn


def _kernel_rules(rng: Rng, prefix: str = "kernel") -> dict[str, Any]:
    return {
        f"{prefix}_regularizer": maybe(rng, None, "l2"),
        "use_bias": bool(rng.random() < 0.8),
        "activation": maybe(rng, None, "tanh", "relu"),
    }


def _conv(rank: int) -> Options:
    """Conv: channels_first only where TensorFlow has it on a CPU, with groups or three axes."""

    def draw(rng: Rng, shape: Shape) -> Any:
        padding = ("valid", "same", "causal") if rank == 1 else ("valid", "same")
        groups = _divisor(rng, shape[-1]) if shape and rng.random() < 0.3 else 1
        window = _window(rng, shape, rank, padding, data_format=maybe(rng, None, "channels_last"))
        return window and window | _kernel_rules(rng) | {"filters": groups * int(rng.integers(1, 4)), "groups": groups}

    return draw


def _transposed(rank: int) -> Options:
    """ConvTranspose: neither channels_first nor dilation, which TensorFlow lacks on a CPU."""

    def draw(rng: Rng, shape: Shape) -> Any:
        window = _window(rng, shape, rank, data_format=maybe(rng, None, "channels_last"))
        if window is None:
            return None
        window.pop("dilation_rate", None)
        strides = window.get("strides", 1)
        one = strides if isinstance(strides, int) else min(strides)
        if one > 1 and window["padding"] == "valid" and rng.random() < 0.6:
            window["output_padding"] = int(rng.integers(0, one))
        return window | _kernel_rules(rng) | {"filters": int(rng.integers(1, 4))}

    return draw


def _depthwise(rank: int, separable: bool = False) -> Options:
    """TensorFlow's depthwise products have one stride for all axes."""

    def draw(rng: Rng, shape: Shape) -> Any:
        window = _window(rng, shape, rank)
        if window is None:
            return None
        if isinstance(window.get("strides"), tuple):
            window["strides"] = window["strides"][0]
        drawn = window | _kernel_rules(rng, "depthwise") | {"depth_multiplier": int(rng.integers(1, 3))}
        return drawn | {"filters": int(rng.integers(1, 4))} if separable else drawn

    return draw


def _pooling(rank: int) -> Options:
    def draw(rng: Rng, shape: Shape) -> Any:
        window = _window(rng, shape, rank)
        if window is None:
            return None
        window.pop("dilation_rate", None)
        return window | {"pool_size": window.pop("kernel_size")}

    return draw


def _global(rank: int) -> Options:
    return lambda rng, shape: _format(rng) | {"keepdims": bool(rng.random() < 0.5)} if len(shape) == rank + 1 else None


def _edges(rank: int, argument: str) -> Options:
    """Draw what is added to or cut off each side."""

    def draw(rng: Rng, shape: Shape) -> Any:
        if len(shape) != rank + 1:
            return None
        drawn: dict[str, Any] = _format(rng) if (argument, rank) != ("cropping", 1) else {"data_format": None}
        most = [(size - 1) // 2 if argument == "cropping" else 2 for size in _sizes(shape, drawn["data_format"])]
        pairs = tuple(tuple(int(n) for n in rng.integers(0, m + 1, 2)) for m in most)
        drawn[argument] = pairs[0] if rank == 1 else pairs
        return drawn if (argument, rank) != ("cropping", 1) else {argument: drawn[argument]}

    return draw


def _enlarged(rank: int) -> Options:
    def draw(rng: Rng, shape: Shape) -> Any:
        if len(shape) != rank + 1:
            return None
        size = tuple(int(n) for n in rng.integers(1, 4, rank))
        if rank == 1:
            return {"size": size[0]}
        kind = {"interpolation": maybe(rng, *INTERPOLATIONS)} if rank == 2 else {}
        return _format(rng) | {"size": size} | kind

    return draw


def _resizing(rng: Rng, shape: Shape) -> Any:
    if len(shape) != 3:
        return None
    drawn: dict[str, Any] = _format(rng) | {"height": int(rng.integers(1, 7)), "width": int(rng.integers(1, 7))}
    ratio = maybe(rng, None, "crop_to_aspect_ratio", "pad_to_aspect_ratio")
    drawn |= {"fill_value": maybe(rng, 0.0, 0.7)} | ({ratio: True} if ratio else {})
    return drawn | {"interpolation": maybe(rng, *INTERPOLATIONS), "antialias": bool(rng.random() < 0.5)}


ALL_RANKS: dict[str, Callable[[int], Options]] = {
    "Conv": _conv,
    "MaxPooling": _pooling,
    "AveragePooling": _pooling,
    "GlobalMaxPooling": _global,
    "GlobalAveragePooling": _global,
    "ZeroPadding": lambda rank: _edges(rank, "padding"),
    "Cropping": lambda rank: _edges(rank, "cropping"),
    "UpSampling": _enlarged,
}
OPTIONS |= {f"{name}{rank}D": draw(rank) for name, draw in ALL_RANKS.items() for rank in (1, 2, 3)}
OPTIONS |= {"Resizing": _resizing}
OPTIONS |= {f"Conv{rank}DTranspose": _transposed(rank) for rank in (1, 2, 3)}
OPTIONS |= {f"DepthwiseConv{rank}D": _depthwise(rank) for rank in (1, 2)}
OPTIONS |= {f"SeparableConv{rank}D": _depthwise(rank, separable=True) for rank in (1, 2)}

# ---- chance -------------------------------------------------------------------------------------------------------

RATES = (0.0, 0.1, 0.5, 0.75)


def _seed(rng: Rng) -> int:
    return int(rng.integers(1, 10**6))


def _rate(rng: Rng, shape: Shape) -> dict[str, Any]:
    return {"rate": float(rng.choice(RATES)), "seed": _seed(rng)}


def _noise_shape(rng: Rng, shape: Shape) -> dict[str, Any]:
    """Draw a rate and the axes that share their draw; in half of the cases none do."""
    noise_shape = tuple(1 if shared else None for shared in rng.random(len(shape) + 1) < 0.4)
    return _rate(rng, shape) | {"noise_shape": noise_shape if rng.random() < 0.5 else None}


OPTIONS |= {
    "Dropout": _noise_shape,
    "AlphaDropout": _noise_shape,
    "GaussianDropout": _rate,
    "GaussianNoise": lambda rng, shape: {"stddev": float(rng.choice((0.0, 0.1, 1.0))), "seed": _seed(rng)},
    "SpatialDropout1D": lambda rng, shape: _rate(rng, shape) if len(shape) == 2 else None,
    "SpatialDropout2D": lambda rng, shape: _rate(rng, shape) | _format(rng) if len(shape) == 3 else None,
    "SpatialDropout3D": lambda rng, shape: _rate(rng, shape) | _format(rng) if len(shape) == 4 else None,
    "ActivityRegularization": lambda rng, shape: {
        "l1": float(rng.choice((0.0, 0.01))),
        "l2": float(rng.choice((0.0, 0.1))),
    },
}

# ---- activations that are layers ----------------------------------------------------------------------------------


def _prelu(rng: Rng, shape: Shape) -> dict[str, Any]:
    shared = [axis for axis in range(1, len(shape) + 1) if rng.random() < 0.4]
    return {
        "alpha_initializer": str(rng.choice(("zeros", "ones", "random_normal"))),
        "alpha_regularizer": (None, "l1", "l2")[rng.integers(3)],
        "alpha_constraint": (None, "non_neg")[rng.integers(2)],
        "shared_axes": shared or None,
    }


def _relu(rng: Rng, shape: Shape) -> dict[str, Any]:
    """Draw each argument in half of the cases; for 6, Keras uses another kernel."""
    drawn = {"max_value": (0.7, 6.0)[rng.integers(2)], "negative_slope": 0.2, "threshold": 0.3}
    return {argument: value for argument, value in drawn.items() if rng.random() < 0.5}


def _softmax(rng: Rng, shape: Shape) -> dict[str, Any]:
    axes: list[Any] = [-1, *range(1, len(shape) + 1)]
    if len(shape) > 1:
        axes += [[1], [1, 2], [2, 1]]
    return {"axis": axes[rng.integers(len(axes))]}


OPTIONS |= {
    "PReLU": _prelu,
    "ReLU": _relu,
    "LeakyReLU": lambda rng, shape: {"negative_slope": float(rng.choice((0.0, 0.3, 1.5)))},
    "ELU": lambda rng, shape: {"alpha": float(rng.choice((1.0, 0.3, 2.0)))},
    "Softmax": _softmax,
}

# ---- shapes, tables, equations and merging ------------------------------------------------------------------------


def _reshape(rng: Rng, shape: Shape) -> dict[str, Any]:
    target = [int(size) for size in rng.permutation(shape)]
    if target and rng.random() < 0.5:
        target[rng.integers(len(target))] = -1
    return {"target_shape": (*target, 1) if rng.random() < 0.3 else tuple(target)}


def _einsum(rng: Rng, shape: Shape) -> dict[str, Any] | None:
    """Draw an equation; with three or more axes, without leading dots, because Keras reverses their sizes."""
    units = int(rng.integers(1, 5))
    known: list[tuple[str, Any, tuple[str | None, ...]]] = []
    if len(shape) == 1:
        known += [("ab,bc->ac", units, (None, "c"))]
    if len(shape) == 2:
        known += [
            ("abc,cd->abd", (shape[0], units), (None, "d", "b", "bd")),
            ("abc,bcd->abd", (shape[0], units), (None, "d", "b")),
            ("abc,cde->abde", (shape[0], 2, units), (None, "d", "de", "bde")),
            ("abc,bcd->ad", units, (None, "d")),
            ("abc,cd->ad", units, (None, "d")),
        ]
    if 0 < len(shape) < 3:
        known += [("...x,xy->...y", units, (None, "y"))]
    if len(shape) > 1:
        known += [("ab...,bc->ac...", units, (None, "c"))]
    if not known:
        return None
    equation, output_shape, biases = known[rng.integers(len(known))]
    activation = ("linear", "tanh")[rng.integers(2)]
    bias_axes = biases[rng.integers(len(biases))]
    return {"equation": equation, "output_shape": output_shape, "bias_axes": bias_axes, "activation": activation}


OPTIONS |= {
    "Flatten": lambda rng, shape: {"data_format": (None, "channels_first")[rng.integers(2)]},
    "Reshape": _reshape,
    "Permute": lambda rng, shape: {"dims": tuple(int(axis) + 1 for axis in rng.permutation(len(shape)))},
    "RepeatVector": lambda rng, shape: {"n": int(rng.integers(1, 4))} if len(shape) == 1 else None,
    "Embedding": lambda rng, shape: {
        "input_dim": 7,
        "output_dim": int(rng.integers(1, 4)),
        "mask_zero": len(shape) == 1 and bool(rng.random() < 0.5),
        "embeddings_regularizer": (None, "l2")[rng.integers(2)],
    },
    "EinsumDense": _einsum,
    "Concatenate": lambda rng, shape: {"axis": int(rng.integers(1, len(shape) + 1)) - (len(shape) + 1) * _coin(rng)},
    "Dot": lambda rng, shape: {"axes": int(rng.integers(1, len(shape) + 1)), "normalize": bool(_coin(rng))},
}
"""Concatenate and Dot: for inputs of the same shape."""


def _coin(rng: Rng) -> int:
    return int(rng.integers(2))


# ---- samples that fit -----------------------------------------------------------------------------------------------

SAMPLES: tuple[Shape, ...] = ((4,), (3, 4), (5, 6, 4), (3, 4, 5, 4))


def samples_for(cls: Any) -> list[Shape]:
    """Return sample shapes that a layer class takes: of one and two axes, or else of as many as it needs."""
    draw = OPTIONS.get(cls.__name__, lambda rng, shape: {})
    fitting = [shape for shape in SAMPLES if draw(np.random.default_rng(0), shape) is not None]
    return [shape for shape in fitting if len(shape) < 3] or fitting[:1]
