"""Configs of Keras 2, as `.h5` files hold them, in the form of Keras 3."""

import warnings
from typing import Any

from .. import metrics

DROPPED = {"time_major": (False, None), "implementation": (1, 2), "sparse": (False, None), "ragged": (False, None)}
"""Arguments of layers that Keras 3 does not have, and the values at which they meant nothing."""


def of_keras_3(form: dict[str, Any]) -> dict[str, Any]:
    """Return {"class_name": ..., "config": ...} with Keras 3's arguments; another dict as it is.

    Raises:
        ValueError: an argument that Keras 3 does not have is in use.
    """
    name, config = form.get("class_name"), form.get("config")
    if name == "Sequential":
        given = config if isinstance(config, list) else (config or {}).get("layers", [])
        own = {} if isinstance(config, list) else dict(config or {})
        return form | {"config": own | {"layers": _started(given)}}
    if not isinstance(config, dict) or not isinstance(name, str):
        return form
    if name in ("Functional", "Model") and isinstance(config.get("layers"), list):
        return form | {"config": _functional(config)}
    if name == "MeanMetricWrapper" and isinstance(config.get("fn"), str) and config["fn"] in metrics.metrics:
        own = {key: config[key] for key in ("name", "dtype") if key in config}
        return {"class_name": metrics.metrics[config["fn"]].__name__, "config": own}
    config = dict(config)
    shape = config.pop("batch_input_shape", None)
    if name == "InputLayer":
        config = {"batch_shape": shape} | config if shape is not None else config
    if name == "BatchNormalization" and isinstance(config.get("axis"), list) and len(config["axis"]) == 1:
        config["axis"] = config["axis"][0]
    for argument, unused in DROPPED.items():
        if argument in config and name != "CategoryEncoding":
            value = config.pop(argument)
            if value not in unused:
                raise ValueError(
                    f"the config of {config.get('name', name)} has {argument}={value!r}, which Keras 3 has not"
                )
    return form | {"config": config}


def _functional(config: dict[str, Any]) -> dict[str, Any]:
    """Return the config of a functional model; its layers' calls were lists [[layer, call, output, arguments], ...]."""
    layers = []
    for entry in config["layers"]:
        nodes = entry.get("inbound_nodes", [])
        old = any(isinstance(node, list) for node in nodes)
        layers.append(entry | {"inbound_nodes": [_node(node) for node in nodes]} if old else entry)
    ends = {}
    for name in ("input_layers", "output_layers"):
        given: Any = config.get(name)
        one = isinstance(given, list) and len(given) == 1 and isinstance(given[0], list)
        ends[name] = given[0] if one else given
    return config | {"layers": layers} | ends


def _node(node: list[Any]) -> dict[str, Any]:
    """Return a call in Keras 3's form."""
    tensors = [
        {
            "class_name": "__keras_tensor__",
            "config": {"shape": None, "dtype": "float32", "keras_history": [*source[:3]]},
        }
        for source in node
    ]
    options = {key: value for source in node for key, value in (source[3] if len(source) > 3 else {}).items()}
    return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": options}


def _started(layers: list[Any]) -> list[Any]:
    """Return the layers of a Sequential with an InputLayer first, where the first layer says its input's shape."""
    first = layers[0] if layers else {}
    config = first.get("config", {}) if isinstance(first, dict) else {}
    shape = config.get("batch_input_shape") if isinstance(config, dict) else None
    if shape is None or first.get("class_name") == "InputLayer":
        return layers
    own = {"batch_input_shape": shape, "dtype": config.get("dtype", "float32"), "name": f"{config.get('name')}_input"}
    return [{"class_name": "InputLayer", "config": own}, *layers]


def optimizer(form: Any) -> Any:
    """Return an optimizer's config with Keras 3's arguments; warn of a decay, which Keras 3 ignores as well."""
    config = dict(form.get("config", {})) if isinstance(form, dict) else {}
    if "lr" in config:
        config.setdefault("learning_rate", config.pop("lr"))
    decay = config.pop("decay", 0.0)
    if decay:
        warnings.warn(f"decay={decay!r} of the optimizer is ignored: give a schedule as learning_rate", stacklevel=6)
    for argument in ("jit_compile", "is_legacy_optimizer"):
        config.pop(argument, None)
    return form | {"config": config} if isinstance(form, dict) else form
