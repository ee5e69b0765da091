"""The ten slips that newcomers make most often: each is told of in one line."""

import itertools
import re
import warnings

import numpy as np
import pytest

import handnn
from handnn import layers

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 4))
LABELS = np.arange(12) % 3
ONE_HOT = np.eye(3)[LABELS]


def net(loss="categorical_crossentropy", units=3, activation="softmax", compiled=True, start=True):
    first = [handnn.Input((4,))] if start else []
    model = handnn.Sequential([*first, layers.Dense(units, activation, name="out")], name="net")
    if compiled:
        model.compile("sgd", loss)
    return model


def fit(model, x=X, y=ONE_HOT, **options):
    return model.fit(x, y, verbose=0, **options)


def endless():
    return itertools.repeat((X, ONE_HOT))


def shown(model):
    lines = []
    model.summary(print_fn=lines.append)
    raise ValueError(lines[0].splitlines()[-1])


class OwnStep(handnn.Model):
    def train_step(self, data):
        return {"loss": 0.0}


def ends():
    x = handnn.Input((4,))
    return x, layers.Dense(1)(x)


SLIPS = {
    "integer labels for one-hot": (
        lambda: fit(net(), y=LABELS),
        "y does not fit the loss: .*(12, 3); received (12,), integer labels? use sparse_categorical_crossentropy",
    ),
    "one-hot for integer labels": (
        lambda: fit(net("sparse_categorical_crossentropy")),
        "y does not fit the loss: .*shape (12,); received shape (12, 3), one-hot? use categorical_crossentropy",
    ),
    "a missing batch axis": (
        lambda: net().predict(X[0]),
        "x must have shape (samples, 4); received (4,); for one sample give x[np.newaxis]",
    ),
    "integer targets of a probability": (
        lambda: fit(net("binary_crossentropy", 1, "sigmoid"), y=LABELS),
        "y should be from 0 to 1 for BinaryCrossentropy; received 0 to 2. For labels of several classes, use .*softmax",
    ),
    "an unbuilt summary": (
        lambda: shown(net(start=False)),
        "net is not built yet: start it with an Input, or call it on data",
    ),
    "unbuilt parameters": (
        lambda: net(start=False).count_params(),
        "net is not built yet: start with an Input or call it on data",
    ),
    "a generator without steps": (
        lambda: net().fit(iter([(X, ONE_HOT)]), epochs=2),
        "x is a generator, which ends only once: of epochs=2 one is trained; give steps_per_epoch for more",
    ),
    "labels from 1": (
        lambda: fit(net("sparse_categorical_crossentropy"), y=LABELS + 1),
        "y does not fit the loss: labels must be integers from 0 to 2; received 1 to 3",
    ),
    "another number of classes": (
        lambda: fit(net(), y=np.eye(4)[LABELS]),
        "y does not fit the loss: .*needs y_true in the shape of y_pred, (12, 3); received (12, 4)",
    ),
    "y of fewer samples": (
        lambda: fit(net(), y=ONE_HOT[1:]),
        "y must hold one row for each of the 12 samples; received shape (11, 3)",
    ),
    "y that is repeated": (
        lambda: fit(net("mse", 2, None), y=LABELS[:, np.newaxis]),
        "y of shape (12, 1) is repeated along the outputs, of shape (12, 2), as Keras does",
    ),
    "no compile": (lambda: fit(net(compiled=False)), "net has no loss and optimizer yet: call compile(...) first"),
    "names as labels": (
        lambda: fit(net("sparse_categorical_crossentropy"), y=np.array(["cat", "dog", "cow"] * 4)),
        "y must hold real numbers; .*such as 'cat'; number the names: np.unique(y, return_inverse=True)[1]",
    ),
    "NaN in x": (
        lambda: fit(net(), np.where(X[1, 2] == X, np.nan, X)),
        "x must be finite; 1 of 48 values are not, the first is nan at index (1, 2)",
    ),
    "a condition on a symbolic tensor": (
        lambda: handnn.Input((4,), name="x") > 0,
        "<KerasTensor shape=(None, 4), dtype=float32, name=x> has no values yet, so it cannot be compared with 0: use ",
    ),
    "the number in a symbolic tensor": (
        lambda: float(handnn.Input((4,), name="x")),
        "name=x> has no values yet: build a Model with it and call that on data",
    ),
    "the length of a symbolic tensor": (
        lambda: len(handnn.Input((4,), name="x")),
        "name=x> has no values yet, so it has no len(): its sizes are in shape",
    ),
    "a step of one's own": (
        lambda: OwnStep(*ends()),
        "OwnStep defines train_step, which would need automatic derivatives: write a loss, layers or an optimizer",
    ),
    "a callback's class": (
        lambda: fit(net(), callbacks=[handnn.callbacks.EarlyStopping]),
        "callbacks must hold objects, EarlyStopping(...); received the class itself",
    ),
    "recurrent layers without sequences between": (
        lambda: handnn.Sequential([handnn.Input((8, 2)), layers.LSTM(3), layers.LSTM(3, name="second")]),
        "second needs inputs (batch, time, features); received (None, 3); a recurrent layer before it needs return_seq",
    ),
    "one unit of softmax": (
        lambda: fit(net("binary_crossentropy", 1), y=LABELS > 0),
        "softmax over the one unit of out is always 1; use sigmoid, or more units",
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_gets_one_line(slip):
    """An error, or a warning where Keras trains without a word."""
    make, words = SLIPS[slip]
    pattern = ".*".join(re.escape(part) for part in words.split(".*"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises((ValueError, TypeError, UserWarning), match=pattern) as raised:
            make()
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 240


@pytest.mark.parametrize("name", ["numpy", "reshape", "mean"])
def test_a_symbolic_tensor_has_no_methods_of_arrays(name):
    x = handnn.Input((4,), name="x")
    with pytest.raises(AttributeError, match=f"has no values yet, so it has no {name}: "):
        getattr(x, name)
    assert not hasattr(x, name)


def test_without_a_slip_nothing_is_said():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(net())
        fit(net("sparse_categorical_crossentropy"), y=LABELS)
        fit(net("binary_crossentropy", 1, "sigmoid"), y=LABELS > 0)
        fit(net("mse", 1, None), y=LABELS)
        net().fit(endless(), steps_per_epoch=1, epochs=2, verbose=0)
