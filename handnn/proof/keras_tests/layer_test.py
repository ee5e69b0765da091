"""Keras' `run_layer_test` asked of a layer of handnn: config, build, symbolic call, call on data, one training step.

Not asked: the shape of masks, variables of seed generators, mixed precision, sparse and ragged tensors, and whether a
layer without weights is built at once.
"""

import unittest
from typing import Any

import numpy as np

from ...models import Model
from .tools import KerasTensor, plain, to_numpy


def run_layer_test(
    case: Any,
    layer_cls: Any,
    init_kwargs: Any = None,
    input_shape: Any = None,
    input_dtype: Any = None,
    input_sparse: bool = False,
    input_ragged: bool = False,
    input_data: Any = None,
    call_kwargs: Any = None,
    expected_output_shape: Any = None,
    expected_output_dtype: Any = None,
    expected_output: Any = None,
    expected_num_trainable_weights: int | None = None,
    expected_num_non_trainable_weights: int | None = None,
    expected_num_losses: int | None = None,
    supports_masking: bool | None = None,
    custom_objects: Any = None,
    run_training_check: bool = True,
    **not_asked: Any,
) -> None:
    """Run the checks that Keras runs on each of its layers; `case` is the test case."""
    if input_sparse or input_ragged:
        raise unittest.SkipTest("sparse and ragged tensors")
    init_kwargs, call_kwargs = init_kwargs or {}, call_kwargs or {}
    layer = layer_cls(**init_kwargs)
    case.run_class_serialization_test(layer, custom_objects)
    if supports_masking is not None:
        case.assertEqual(layer.supports_masking, supports_masking, "supports_masking")
    if input_data is None and input_shape is None:
        return
    names = [name.removesuffix("_shape") for name in input_shape] if isinstance(input_shape, dict) else []
    shapes, dtypes, input_data = _inputs(input_shape, input_dtype, input_data)
    several = not _is_shape(shapes)

    def called(layer: Any, x: Any) -> Any:
        return layer(**dict(zip(names, x, strict=True)), **call_kwargs) if names else layer(x, **call_kwargs)

    def weights(layer: Any) -> None:
        case.assertTrue(layer.built)
        for expected, own in (
            (expected_num_trainable_weights, layer.trainable_weights),
            (expected_num_non_trainable_weights, layer.non_trainable_weights),
        ):
            if expected is not None:
                case.assertLen(own, expected)

    def output(layer: Any, x: Any) -> Any:
        found = called(layer, x)
        weights(layer)
        if expected_output_shape is not None:
            same = len(expected_output_shape) == len(found.shape) and all(
                e is None or e == s for e, s in zip(expected_output_shape, found.shape, strict=True)
            )
            case.assertTrue(same, f"output shape {found.shape}, expected {expected_output_shape}")
        if expected_output_dtype is not None:
            case.assertEqual(expected_output_dtype, str(found.dtype))
        return found

    built = layer_cls(**init_kwargs)
    built.build(**input_shape) if names else built.build(shapes)
    weights(built)
    output(layer_cls(**init_kwargs), _each(KerasTensor, shapes, dtypes, several))
    x = _each(_draw, shapes, dtypes, several) if input_data is None else input_data
    layer = layer_cls(**init_kwargs)
    y = output(layer, x)
    if expected_output is not None:
        case.assertAllClose(expected_output, y, msg="Unexpected output value")
    if expected_num_losses is not None:
        case.assertLen(layer.losses, expected_num_losses)
    if run_training_check:
        batches = [(None, *np.shape(part)[1:]) for part in x] if several else (None, *np.shape(x)[1:])
        inputs = _each(KerasTensor, batches, dtypes, several)
        model = Model(inputs, called(layer_cls(**init_kwargs), inputs))
        model.compile("sgd", "mse")
        model.fit(x, np.zeros_like(np.asarray(y, "float32")), verbose=0)


def _inputs(shape: Any, dtype: Any, data: Any) -> tuple[Any, Any, Any]:
    """Return the shapes and dtypes of one or several inputs, and the data as arrays, if given."""
    if data is not None:
        data = to_numpy(plain(data))
        if isinstance(data, list | tuple):
            return [part.shape for part in data], [str(part.dtype) for part in data], data
        return np.shape(data), str(np.asarray(data).dtype), data
    if isinstance(shape, dict):
        shape, dtype = list(shape.values()), dtype and list(dtype.values())
    dtype = dtype or "float32"
    if _is_shape(shape):
        return tuple(shape), dtype, None
    return [tuple(part) for part in shape], [dtype] * len(shape) if isinstance(dtype, str) else dtype, None


def _is_shape(given: Any) -> bool:
    return isinstance(given, list | tuple) and all(isinstance(size, int | None) for size in given)


def _each(make: Any, shapes: Any, dtypes: Any, several: bool) -> Any:
    return [make(s, d) for s, d in zip(shapes, dtypes, strict=True)] if several else make(shapes, dtypes)


def _draw(shape: Any, dtype: Any) -> Any:
    sizes = [2 if size is None else size for size in shape]
    return (np.random.default_rng(0).uniform(size=sizes) * 3).astype(dtype)
