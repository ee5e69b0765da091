"""A `.h5` file as Keras 2 writes it (2.10, on TensorFlow), made by hand: configs, names of arrays, attributes."""

import json

import h5py
import numpy as np

NOTHING = dict.fromkeys(
    ("kernel_regularizer", "bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint")
)


def dense(name, units, activation, **options):
    own = {
        "name": name,
        "trainable": True,
        "dtype": "float32",
        "units": units,
        "activation": activation,
        "use_bias": True,
        "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
        "bias_initializer": {"class_name": "Zeros", "config": {}},
    }
    return {"class_name": "Dense", "config": own | NOTHING | options}


def norm(name):
    own = {
        "name": name,
        "trainable": True,
        "dtype": "float32",
        "axis": [1],
        "momentum": 0.99,
        "epsilon": 0.001,
        "center": True,
        "scale": True,
        "beta_initializer": {"class_name": "Zeros", "config": {}},
        "gamma_initializer": {"class_name": "Ones", "config": {}},
        "moving_mean_initializer": {"class_name": "Zeros", "config": {}},
        "moving_variance_initializer": {"class_name": "Ones", "config": {}},
    }
    none = ("beta_regularizer", "gamma_regularizer", "beta_constraint", "gamma_constraint")
    return {"class_name": "BatchNormalization", "config": own | dict.fromkeys(none)}


def dropout(name):
    own = {"name": name, "trainable": True, "dtype": "float32", "rate": 0.25, "noise_shape": None, "seed": None}
    return {"class_name": "Dropout", "config": own}


def start(name):
    own = {"batch_input_shape": [None, 4], "dtype": "float32", "sparse": False, "ragged": False, "name": name}
    return {"class_name": "InputLayer", "config": own}


LAYERS = [dense("dense", 5, "relu"), norm("batch_normalization"), dropout("dropout"), dense("dense_1", 3, "softmax")]
SHAPES = {
    "dense": {"kernel": (4, 5), "bias": (5,)},
    "batch_normalization": {"gamma": (5,), "beta": (5,), "moving_mean": (5,), "moving_variance": (5,)},
    "dropout": {},
    "dense_1": {"kernel": (5, 3), "bias": (3,)},
}


def sequential():
    first = dense("dense", 5, "relu", batch_input_shape=[None, 4])
    return {
        "class_name": "Sequential",
        "config": {"name": "sequential", "layers": [start("dense_input"), first, *LAYERS[1:]]},
    }


def functional():
    found, before = [start("input_1") | {"name": "input_1", "inbound_nodes": []}], "input_1"
    for layer in LAYERS:
        name = layer["config"]["name"]
        found.append(layer | {"name": name, "inbound_nodes": [[[before, 0, 0, {}]]]})
        before = name
    ends = {"input_layers": [["input_1", 0, 0]], "output_layers": [[before, 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "model", "layers": found} | ends}


METRIC = {"name": "accuracy", "dtype": "float32", "fn": "categorical_accuracy"}
TRAINING = {
    "loss": "categorical_crossentropy",
    "metrics": [[{"class_name": "MeanMetricWrapper", "config": METRIC}]],
    "weighted_metrics": None,
    "loss_weights": None,
    "optimizer_config": {
        "class_name": "Adam",
        "config": {
            "name": "Adam",
            "learning_rate": 0.01,
            "decay": 0.0,
            "beta_1": 0.9,
            "beta_2": 0.999,
            "epsilon": 1e-07,
            "amsgrad": False,
        },
    },
}


def write(path, model, rng, training=TRAINING):
    """Write the file; return the arrays by the layers' names."""
    arrays = {
        layer: {name: np.abs(rng.normal(size=shape)).astype("float32") for name, shape in own.items()}
        for layer, own in SHAPES.items()
    }
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = b"2.10.0", b"tensorflow"
        file.attrs["model_config"] = json.dumps(model).encode()
        if training:
            file.attrs["training_config"] = json.dumps(training).encode()
        folder = file.create_group("model_weights")
        names = [layer["config"]["name"] for layer in model["config"]["layers"]]
        folder.attrs["layer_names"] = np.array([n.encode() for n in names if n != "dense_input"])
        folder.attrs["keras_version"], folder.attrs["backend"] = b"2.10.0", b"tensorflow"
        for layer in names:
            own = folder.create_group(layer)
            named = {f"{layer}/{name}:0": array for name, array in arrays.get(layer, {}).items()}
            own.attrs["weight_names"] = np.array([name.encode() for name in named]) if named else []
            for name, array in named.items():
                own[name] = array
        if training:
            trained = [f"{k}/{n}" for k, v in SHAPES.items() for n in v if not n.startswith("moving")]
            slots = ["Adam/iter:0", *(f"Adam/{name}/{slot}:0" for slot in "mv" for name in trained)]
            own = file.create_group("optimizer_weights")
            own.attrs["weight_names"] = np.array([name.encode() for name in slots])
            for slot in slots:
                layer, _, name = slot.removeprefix("Adam/").rpartition("/")[0].partition("/")
                own[slot] = np.int64(7) if slot == "Adam/iter:0" else np.abs(rng.normal(size=SHAPES[layer][name]))
    return arrays
