"""Training runs with one planted fault each, and healthy ones: written from the published descriptions of the kinds.

The kinds are those that bug studies of deep learning programs count most often (wrong activation, loss, learning rate,
optimizer, number of epochs, missing scaling, initialisation), with imbalanced labels and dropout beside them. The cases
were written before any threshold was chosen; every third of a kind is kept aside and is never tuned on.
"""

from dataclasses import dataclass
from typing import Any

HEALTHY = "healthy"


@dataclass(frozen=True)
class Case:
    """One training run.

    Attributes:
        name: of the case; kinds: the names of its fault that are right, such as ("loss",); empty if it is healthy.
        data: digits, moons, circles, xor, spiral, iris, wine, cancer, diabetes, waves (a regression), rare (imbalanced).
        layers: (units, activation) of every Dense layer, output included; ("dropout", rate), ("norm", None) or
            ("activation", name).
        loss: Keras' name, or (name, options). optimizer: a label such as sgd(learning_rate=0.1).
        epochs, batch_size: of `fit`.
        factor: the features are multiplied by it after scaling, or "raw" leaves them in their own units.
        target_factor: the same for the targets of a regression.
        kernel, bias: initializers, as (class name, options); None for Keras' defaults.
        labels: one_hot, sparse or numbers (as the task has them).
        why: what is wrong, in words.
    """

    name: str
    kinds: tuple[str, ...]
    data: str
    layers: tuple[tuple[Any, Any], ...]
    loss: Any
    optimizer: str = "adam"
    epochs: int = 15
    batch_size: int = 32
    factor: float | str = 1.0
    target_factor: float = 1.0
    kernel: tuple[str, dict[str, Any]] | None = None
    bias: tuple[str, dict[str, Any]] | None = None
    labels: str = "one_hot"
    why: str = ""


def stack(*widths: int, hidden: str = "relu", output: str = "softmax") -> tuple[tuple[Any, Any], ...]:
    """Return Dense layers of these widths; the last one has the output activation."""
    return (*((width, hidden) for width in widths[:-1]), (widths[-1], output))


CCE, BCE, MSE = "categorical_crossentropy", "binary_crossentropy", "mean_squared_error"
DIGITS = stack(64, 32, 10)
BINARY = stack(16, 16, 1, output="sigmoid")
NUMBER = stack(32, 16, 1, output="linear")

CASES = (
    # ---- activation
    Case("ten sigmoid layers", ("activation",), "digits", stack(*[32] * 10, 10, hidden="sigmoid"), CCE, "sgd(learning_rate=0.1)",
         why="gradients shrink by at least 4 in every sigmoid layer"),
    Case("no activation between layers", ("activation",), "circles", stack(16, 16, 1, hidden="linear", output="sigmoid"), BCE,
         why="linear layers in a row are one linear layer"),
    Case("relu as output of a classifier", ("activation",), "digits", stack(64, 32, 10, output="relu"), CCE,
         why="outputs are not probabilities"),
    Case("sigmoid for one-hot classes", ("activation",), "digits", stack(64, 32, 10, output="sigmoid"), CCE,
         why="outputs do not add up to 1"),
    Case("softmax over one unit", ("activation",), "moons", stack(16, 16, 1), BCE, why="it is always 1"),
    Case("linear output for cross-entropy", ("activation",), "moons", stack(16, 16, 1, output="linear"), BCE,
         why="outputs are not probabilities and from_logits is not set"),
    Case("logits taken for probabilities", ("activation", "loss"), "digits", stack(64, 32, 10, output="linear"), CCE,
         why="softmax or from_logits=True is missing"),
    Case("sigmoid output for large numbers", ("activation", "scaling"), "diabetes", stack(32, 16, 1, output="sigmoid"), MSE,
         target_factor=150.0, epochs=30, why="it cannot reach beyond 1"),
    Case("relu output for numbers of both signs", ("activation",), "waves", stack(32, 16, 1, output="relu"), MSE, epochs=30,
         why="it cannot be negative"),
    Case("softmax between layers", ("activation",), "digits", stack(64, 32, 10, hidden="softmax"), CCE, "sgd(learning_rate=0.1)",
         why="units of a hidden softmax share one unit of output"),
    Case("tanh output beyond its range", ("activation", "scaling"), "waves", stack(32, 16, 1, output="tanh"), MSE, epochs=30,
         target_factor=3.0, why="it cannot reach beyond 1"),
    # ---- loss
    Case("squared error of a softmax", ("loss",), "digits", DIGITS, MSE, why="the gradient vanishes where it is most wrong"),
    Case("binary cross-entropy of ten classes", ("loss",), "digits", DIGITS, BCE, why="each class is judged alone"),
    Case("absolute error of a sigmoid", ("loss",), "moons", BINARY, "mean_absolute_error", why="it is a classifier"),
    Case("hinge of a sigmoid", ("loss", "activation"), "moons", BINARY, "hinge", why="hinge wants outputs from -1 to 1"),
    Case("cross-entropy for numbers", ("loss",), "waves", NUMBER, BCE, epochs=30, why="the targets are quantities"),
    Case("categorical loss with one number", ("loss",), "waves", NUMBER, CCE, epochs=30, why="it is constant for one output"),
    Case("categorical loss with one sigmoid", ("loss",), "moons", BINARY, CCE, why="it is constant for one output"),
    Case("absolute error of a softmax", ("loss",), "wine", stack(16, 3), "mean_absolute_error", epochs=40, why="it is a classifier"),
    Case("logarithmic error of negative numbers", ("loss",), "waves", NUMBER, "mean_squared_logarithmic_error", epochs=30,
         why="negative targets count as 0"),
    # ---- learning rate
    Case("adam, a millionth", ("learning rate",), "digits", DIGITS, CCE, "adam(learning_rate=1e-6)", why="too low"),
    Case("sgd, a hundred thousandth", ("learning rate",), "digits", DIGITS, CCE, "sgd(learning_rate=1e-5)", why="too low"),
    Case("adam, one", ("learning rate",), "digits", DIGITS, CCE, "adam(learning_rate=1.0)", why="too high"),
    Case("sgd, ten", ("learning rate",), "digits", DIGITS, CCE, "sgd(learning_rate=10.0)", why="too high"),
    Case("adam, one half on moons", ("learning rate",), "moons", BINARY, BCE, "adam(learning_rate=0.5)", epochs=30, why="too high"),
    Case("sgd, two on numbers", ("learning rate",), "waves", NUMBER, MSE, "sgd(learning_rate=2.0)", epochs=30, why="too high"),
    Case("rmsprop, one half", ("learning rate",), "wine", stack(16, 3), CCE, "rmsprop(learning_rate=0.5)", epochs=40, why="too high"),
    Case("adam, a ten millionth", ("learning rate",), "wine", stack(16, 3), CCE, "adam(learning_rate=1e-7)", epochs=40, why="too low"),
    Case("momentum with a large rate", ("learning rate",), "spiral", stack(32, 32, 3), CCE, "momentum(learning_rate=3.0)", epochs=30,
         why="too high"),
    # ---- optimizer
    Case("adadelta as it comes", ("optimizer", "learning rate"), "digits", DIGITS, CCE, "adadelta", why="0.001 for a method made for 1"),
    Case("plain sgd on a spiral", ("optimizer", "learning rate", "epochs"), "spiral", stack(32, 32, 3), CCE, "sgd", epochs=40,
         why="Adam learns it in these epochs"),
    Case("adagrad as it comes", ("optimizer", "learning rate"), "digits", DIGITS, CCE, "adagrad", why="steps shrink from 0.001 on"),
    Case("ftrl as it comes", ("optimizer", "learning rate"), "digits", DIGITS, CCE, "ftrl", why="made for sparse linear models"),
    Case("slow sgd on a table", ("optimizer", "learning rate"), "cancer", stack(16, 1, output="sigmoid"), BCE, "sgd(learning_rate=1e-4)",
         epochs=20, why="plain gradient steps are too short"),
    # ---- epochs
    Case("one epoch of digits", ("epochs",), "digits", DIGITS, CCE, "adam", epochs=1, why="too few"),
    Case("three epochs of a spiral", ("epochs",), "spiral", stack(32, 32, 3), CCE, "adam(learning_rate=0.005)", epochs=3, why="too few"),
    Case("a large network for ever", ("epochs",), "diabetes", stack(128, 64, 1, output="linear"), MSE, epochs=200,
         why="it learns the noise: the validation loss rises"),
    Case("four epochs of iris", ("epochs",), "iris", stack(16, 3), CCE, epochs=4, why="too few"),
    # ---- scaling
    Case("pixels from 0 to 255", ("scaling",), "digits", DIGITS, CCE, "sgd", factor=255.0, why="not divided by 255"),
    Case("wine in its own units", ("scaling",), "wine", stack(16, 3), CCE, factor="raw", epochs=40, why="features reach 1,680"),
    Case("cells in their own units", ("scaling",), "cancer", stack(16, 1, output="sigmoid"), BCE, factor="raw", epochs=20,
         why="features reach 4,254"),
    Case("numbers in thousands to predict", ("scaling",), "waves", NUMBER, MSE, "sgd", target_factor=5000.0, epochs=30,
         why="targets reach 5,000"),
    Case("a coordinate in thousands", ("scaling",), "moons", BINARY, BCE, factor=1000.0, why="metres for kilometres"),
    Case("pixels into sigmoids", ("scaling",), "digits", stack(32, 10, hidden="sigmoid"), CCE, "sgd(learning_rate=0.1)",
         factor=255.0, why="every unit is saturated"),
    # ---- initialisation
    Case("all weights zero", ("initialisation",), "digits", DIGITS, CCE, kernel=("Zeros", {}), why="no unit gets a gradient"),
    Case("all weights one", ("initialisation",), "digits", DIGITS, CCE, kernel=("Ones", {}), why="all units stay alike"),
    Case("wide normal weights", ("initialisation",), "digits", stack(64, 32, 10, hidden="tanh"), CCE,
         kernel=("RandomNormal", {"stddev": 5.0}), why="every tanh is saturated"),
    Case("tiny weights", ("initialisation",), "digits", stack(64, 32, 32, 10), CCE, "sgd(learning_rate=0.1)",
         kernel=("RandomNormal", {"stddev": 1e-4}), why="signal and gradient vanish"),
    Case("biases far below zero", ("initialisation",), "digits", DIGITS, CCE, bias=("Constant", {"value": -10.0}),
         why="no ReLU is ever above 0"),
    Case("all weights one half", ("initialisation",), "moons", BINARY, BCE, kernel=("Constant", {"value": 0.5}),
         why="all units stay alike"),
    Case("weights from -10 to 10", ("initialisation",), "wine", stack(64, 64, 3, hidden="sigmoid"), CCE, epochs=40,
         kernel=("RandomUniform", {"minval": -10.0, "maxval": 10.0}), why="every sigmoid is saturated"),
    # ---- labels and dropout
    Case("one in fifty", ("labels",), "rare", BINARY, BCE, why="saying no is right in 98 %"),
    Case("one in fifty, three layers", ("labels",), "rare", stack(32, 32, 32, 1, output="sigmoid"), BCE, epochs=10,
         why="saying no is right in 98 %"),
    Case("nine of ten units dropped", ("dropout",), "digits", ((64, "relu"), ("dropout", 0.9), (10, "softmax")), CCE,
         why="too little is left to learn from"),
    Case("four of five units dropped", ("dropout",), "moons", ((16, "relu"), ("dropout", 0.8), (1, "sigmoid")), BCE, epochs=30,
         why="too little is left to learn from"),
    # ---- healthy
    Case("digits, relu, adam", (), "digits", DIGITS, CCE),
    Case("digits, tanh, momentum", (), "digits", stack(64, 32, 10, hidden="tanh"), CCE, "momentum(learning_rate=0.02)"),
    Case("digits, one sigmoid layer", (), "digits", stack(64, 10, hidden="sigmoid"), CCE, "adam(learning_rate=0.005)", epochs=25),
    Case("digits, elu, nadam", (), "digits", stack(64, 32, 10, hidden="elu"), CCE, "nadam"),
    Case("digits with dropout", (), "digits", ((64, "relu"), ("dropout", 0.3), (10, "softmax")), CCE, epochs=25),
    Case("digits from logits", (), "digits", stack(64, 32, 10, output="linear"), ("CategoricalCrossentropy", {"from_logits": True})),
    Case("digits, sparse labels", (), "digits", DIGITS, "sparse_categorical_crossentropy", labels="sparse"),
    Case("digits, batch normalization", (), "digits", ((64, "linear"), ("norm", None), ("activation", "relu"), (10, "softmax")), CCE,
         epochs=12),
    Case("digits, four gelu layers", (), "digits", stack(48, 48, 48, 48, 10, hidden="gelu"), CCE, epochs=12),
    Case("moons, tanh", (), "moons", stack(16, 16, 1, hidden="tanh", output="sigmoid"), BCE, "adam(learning_rate=0.01)", epochs=40),
    Case("circles, relu", (), "circles", BINARY, BCE, "adam(learning_rate=0.01)", epochs=40),
    Case("xor, relu", (), "xor", BINARY, BCE, "adam(learning_rate=0.01)", epochs=40),
    Case("spiral, relu, adam", (), "spiral", stack(32, 32, 3), CCE, "adam(learning_rate=0.01)", epochs=60),
    Case("iris, relu", (), "iris", stack(16, 3), CCE, "adam(learning_rate=0.01)", epochs=60),
    Case("wine, tanh", (), "wine", stack(16, 3, hidden="tanh"), CCE, "adam(learning_rate=0.01)", epochs=40),
    Case("cancer, relu, sgd", (), "cancer", stack(16, 1, output="sigmoid"), BCE, "sgd(learning_rate=0.1)", epochs=20),
    Case("waves, tanh", (), "waves", stack(32, 16, 1, hidden="tanh", output="linear"), MSE, "adam(learning_rate=0.01)", epochs=60),
    Case("waves, huber", (), "waves", NUMBER, "huber", "adam(learning_rate=0.005)", epochs=60),
    Case("diabetes, linear", (), "diabetes", stack(1, output="linear"), MSE, "sgd(learning_rate=0.05)", epochs=40),
    Case("diabetes, small network", (), "diabetes", stack(8, 1, output="linear"), MSE, "adam(learning_rate=0.003)", epochs=30),
)  # fmt: skip


def kind(case: Case) -> str:
    """Return the kind under which a case is counted."""
    return case.kinds[0] if case.kinds else HEALTHY


def kept_aside() -> set[str]:
    """Return the names of every third case of each kind."""
    counts: dict[str, int] = {}
    found = set()
    for case in CASES:
        counts[kind(case)] = counts.get(kind(case), 0) + 1
        if counts[kind(case)] % 3 == 2:
            found.add(case.name)
    return found
