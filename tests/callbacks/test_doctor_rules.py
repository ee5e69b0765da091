"""Each rule of the doctor at its limit and just inside it, on records made by hand."""

import types

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.callbacks import Doctor, doctor
from handnn.callbacks.health import course_rules, overfit, setup_rules
from handnn.callbacks.health.finding import Finding, limit
from handnn.callbacks.health.measure import measured, silent_units
from handnn.callbacks.health.record import DENSE_START, WANTED, Batch, Record, kind_of

STEPS = 30
FALLS = [1.0, 0.5, 0.3, 0.2, 0.1]


def net(*stack, optimizer="sgd", inputs=3):
    model = handnn.Sequential([handnn.Input((inputs,)), *stack], name="net")
    model.compile(optimizer, "mse")
    return model


def three(first="relu", second="sigmoid", last="tanh", optimizer="sgd"):
    return net(*(layers.Dense(2, f, name=n) for n, f in zip("abc", (first, second, last), strict=True)),
               optimizer=optimizer)  # fmt: skip


def course(model=None, epochs=FALLS, losses=None, steps=STEPS, spread=1.0, val=None, **measures):
    """A healthy run of three layers but for these measures: a number for all layers, or one for each."""
    record = Record(model or three())
    record.steps, record.spread = list(range(1, steps + 1)), [spread] * steps
    record.losses = [epochs[0]] * 3 + [epochs[-1]] * (steps - 3) if losses is None else losses
    record.epochs = [{"loss": loss} | ({} if val is None else {"val_loss": val[i]}) for i, loss in enumerate(epochs)]
    own = {"update_ratio": 1e-3, "gradient_norm": 1.0, "dead": 0.0, "saturated": 0.0, "zero_gradients": 0.0} | measures
    for k, node in enumerate(record.model.nodes):
        of_layer = {n: v[k] if isinstance(v, tuple) else v for n, v in own.items()}
        series = {n: v if isinstance(v, list) else [v] * steps for n, v in of_layer.items()}
        record.layers[node.layer.name] = series
    return record


def symptoms(record):
    return [finding.symptom for finding in course_rules.findings(record)]


HIGH, LOW, SLOW = "learning rate too high", "learning rate too low", "slow optimizer"
RISES = [1.0, 0.9, 1.0, 1.0, 1.06]
SWING = [1.0, 0.9, 0.8, 0.84, 0.8, 0.8, 0.7, 0.6, 0.5, 0.4]
HALF = [1.0, 0.9, 0.8, 0.7, 0.6]
OVER = [1.0, 0.8, 0.6, 0.6, 0.7, 0.7, 0.8, 0.8]
DOWN = [1.0, 0.9, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2]


def changing(first, later):
    """Of the first steps, which are all measured, and of those after them."""
    return [first] * DENSE_START + [*later]


COURSES = {
    "healthy": ({}, []),
    "updates above the limit": ({"update_ratio": 0.101}, [HIGH]),
    "updates at the limit": ({"update_ratio": 0.1}, []),
    "updates of the first steps do not count": ({"update_ratio": changing(0.5, [1e-3] * 20)}, []),
    "half of the later updates": ({"update_ratio": changing(1e-3, [0.2] * 10 + [0.05] * 10)}, [HIGH]),
    "updates that are no numbers": ({"update_ratio": changing(1e-3, [np.nan, np.inf] * 9 + [1e-3] * 2)}, []),
    "no updates": ({"update_ratio": changing(1e-3, [0.0] * 18 + [0.2] * 2)}, [HIGH]),
    "updates of few steps": ({"update_ratio": [1e-3] * 7 + [0.2], "steps": 8}, [HIGH]),
    "a large first step": ({"update_ratio": [2.0, *[1e-3] * 29]}, [HIGH]),
    "a first step at the limit": ({"update_ratio": [1.99, *[1e-3] * 29]}, []),
    "a large step of one layer": ({"update_ratio": ([2.0, *[1e-3] * 29], 1e-3, 1e-3)}, []),
    "the loss rises": ({"epochs": RISES, "model": three(optimizer="adam")}, [HIGH, "no learning"]),
    "it rises a little": ({"epochs": [*RISES[:4], 1.05], "model": three(optimizer="adam")}, ["no learning"]),
    "it rises after few steps": (
        {"epochs": RISES, "steps": DENSE_START, "model": three(optimizer="adam")},
        ["no learning"],
    ),
    "it rises by small updates": (
        {"epochs": RISES, "update_ratio": 1e-4, "model": three(optimizer="adam")},
        ["no learning"],
    ),
    "swings": ({"epochs": SWING}, ["oscillation"]),
    "small swings": ({"epochs": [0.82 if e == 0.84 else e for e in SWING]}, []),
    "swings in few of the epochs": ({"epochs": [*SWING, 0.3]}, []),
    "swings of which one side is small": ({"epochs": [1.0, 0.9, 0.8, 0.84, 0.83, 0.8, 0.7, 0.6, 0.5, 0.4]}, []),
    "swings in eight epochs": ({"epochs": [1.0, 0.0, 0.5, 0.0, 0.5, 0.0, 0.5, 0.1]}, ["oscillation"]),
    "swings in seven": ({"epochs": [1.0, 0.0, 0.5, 0.0, 0.5, 0.0, 0.1]}, []),
    "a loss that begins at 0": (
        {"epochs": [0.0, 0.5] * 4, "update_ratio": 1e-4, "model": three(optimizer="adam")},
        ["no learning"],
    ),
    "plain steps are slow": ({"epochs": HALF}, [SLOW]),
    "they learn half": ({"epochs": [*HALF[:4], 0.5]}, [SLOW]),
    "they learn more": ({"epochs": [*HALF[:4], 0.49]}, []),
    "they are not small": ({"epochs": HALF, "update_ratio": 1e-2}, []),
    "their rate is small": ({"epochs": HALF, "model": three(optimizer=handnn.optimizers.SGD(9e-5))}, []),
    "their rate is the least": ({"epochs": HALF, "model": three(optimizer=handnn.optimizers.SGD(1e-4))}, [SLOW]),
    "their rate and steps are small": (
        {"epochs": HALF, "update_ratio": 9e-5, "model": three(optimizer=handnn.optimizers.SGD(9e-5))},
        [LOW],
    ),
    "small steps": ({"epochs": HALF, "update_ratio": 9e-5, "model": three(optimizer="adam")}, [LOW]),
    "steps at the limit": ({"epochs": HALF, "update_ratio": 1e-4, "model": three(optimizer="adam")}, []),
    "steps that are not known": ({"epochs": HALF, "update_ratio": np.nan}, []),
    "dead units": ({"dead": 0.51}, ["dead ReLU"]),
    "half of the units": ({"dead": 0.5}, []),
    "dead in the first half": ({"dead": [1.0] * 15 + [0.0] * 15}, []),
    "dead in the second half": ({"dead": [0.0] * 15 + [1.0] * 8 + [np.nan] * 7}, ["dead ReLU"]),
    "saturated units": ({"saturated": 0.86}, ["saturated units"]),
    "saturation at the limit": ({"saturated": 0.85}, []),
    "vanishing gradients": ({"gradient_norm": (9e-5, 1.0, 1.0)}, ["vanishing gradients"]),
    "a gradient that is not small": ({"gradient_norm": (1e-4, 1.0, 1.0)}, []),
    "a share that is not small": ({"gradient_norm": (9e-5, 1.0, 0.09)}, []),
    "no gradient": ({"gradient_norm": (0.0, 0.0, 0.0)}, ["vanishing gradients"]),
    "exploding gradients": ({"gradient_norm": (71.0, 1.0, 1.0)}, ["exploding gradients"]),
    "a ratio of small numbers": ({"gradient_norm": (7.1, 1.0, 0.1)}, ["exploding gradients"]),
    "a ratio at the limit": ({"gradient_norm": (70.0, 1.0, 1.0)}, []),
    "two layers explode": (
        {"gradient_norm": (71.0, 1.0), "model": net(layers.Dense(2, "relu", name="a"), layers.Dense(1, name="b"))},
        ["exploding gradients"],
    ),
    "two layers do not vanish": (
        {"gradient_norm": (0.0, 1.0), "model": net(layers.Dense(2, "relu", name="a"), layers.Dense(1, name="b"))},
        [],
    ),
    "too many epochs": ({"epochs": DOWN, "val": OVER}, ["too many epochs"]),
    "few epochs with validation": ({"epochs": DOWN[1:], "val": OVER[1:]}, []),
    "a validation loss of 0": ({"epochs": DOWN, "val": [0.0 if v == 0.6 else v for v in OVER]}, []),
    "it is hardly above its best": ({"epochs": DOWN, "val": [*OVER[:7], 0.77]}, []),
    "it rose by a small share": ({"epochs": DOWN, "val": [9.0, *OVER[1:]]}, []),
    "training is worse, too": ({"epochs": [1.0, 0.5, 0.2, 0.2, 0.2, 0.3, 0.3, 0.4], "val": OVER}, []),
    "too few epochs": ({"epochs": [1.0, 0.6, 0.45, 0.4]}, ["too few epochs"]),
    "the last falls little": ({"epochs": [1.0, 0.5, 0.4, 0.39]}, []),
    "five epochs": ({"epochs": [1.0, 0.6, 0.5, 0.45, 0.4]}, []),
    "one epoch": ({"epochs": [0.9], "losses": [1.0] * 3 + [0.9] * 17 + [0.4] * 10}, ["too few epochs"]),
    "no learning": ({"epochs": [1.0, 1.0, 1.0, 1.0, 0.981], "model": three(optimizer="adam")}, ["no learning"]),
    "little learning": ({"epochs": [1.0, 1.0, 1.0, 1.0, 0.97], "model": three(optimizer="adam")}, []),
}


@pytest.mark.parametrize("case", COURSES)
def test_a_rule_of_the_course_holds_beyond_its_limit(case):
    changes, expected = COURSES[case]
    assert symptoms(course(**changes)) == expected


def test_what_the_findings_of_a_course_say():
    def said(**changes):
        return next(course_rules.findings(course(**changes)))

    assert said(gradient_norm=(0.0, 1.0, 1.0)).kind == "activation"
    assert said(gradient_norm=(0.0, 1.0, 1.0), model=three("relu", "relu")).kind == "initialisation"
    dead = said(dead=(0.75, 0, 0), zero_gradients=0.5)
    assert (dead.layer, dead.number) == ("a", 0.75) and "75 % of the units" in dead.sentence
    assert "50 % of the gradient" in dead.sentence
    assert said(epochs=DOWN, val=OVER).sentence.endswith("1.33 times its best, of epoch 3 of 8")
    assert said(epochs=RISES, model=three(optimizer="adam")).sentence == "the loss rose from 1 to 1.06"
    assert said(epochs=SWING).number == 0.2
    stuck = {"epochs": [1.0, 1.0], "model": three(optimizer="adam")}
    assert ["same for all samples" in said(**stuck, spread=s).sentence for s in (9e-5, 1e-4)] == [True, False]


def test_epochs_without_a_loss_are_passed_over():
    for epochs, val in ((DOWN, [*OVER[:6], 0.6, 0.6]), ([1.0, 0.5, 0.4, 0.39], None)):
        record = course(epochs=epochs, val=val)
        record.epochs.append({"val_loss": 9.0})
        assert symptoms(record) == []


def test_where_a_course_begins_and_ends():
    """The mean of the first three measured steps; the last epoch, or the last ten steps of a single one."""
    losses = [4.0, 3.0, 2.0, *[1.0] * 20, *[0.75] * 10]
    assert course_rules.progress(course(epochs=[9.0, 1.5], losses=losses)) == 0.5
    assert course_rules.progress(course(epochs=[9.0], losses=losses)) == 0.75
    assert course_rules.progress(course(epochs=[9.0], losses=[])) == 0


def test_a_trial_counts_where_a_run_did_not_learn(monkeypatch):
    trial = Finding("unknown", "trial", "", "")
    monkeypatch.setattr(overfit, "finding", lambda record: trial)
    for epochs, options, found in (
        (FALLS, (), False),
        ([*HALF[:4], 0.5], (), False),
        (HALF, (), True),
        (HALF, (False,), False),
    ):
        assert (trial in doctor.examine(course(epochs=epochs), *options)) == found
    record = course(epochs=[1.0, 1.0], update_ratio=1e-6)
    record.batch = Batch(y_least=0.0, y_largest=1.0, kind="numbers")
    findings = doctor.examine(record)
    assert [f.kind for f in findings] == ["optimizer", "unknown", "unknown"] and findings[-1] is trial
    record.diverged = True
    assert trial not in doctor.examine(record) and "divergence" in [f.symptom for f in doctor.examine(record)]


# ---- before the first step


def before(model=None, **batch):
    record = Record(model or three())
    record.batch = Batch(**({"y_least": 0.0, "y_largest": 1.0, "kind": "numbers"} | batch))
    return [finding.symptom for finding in setup_rules.findings(record)]


def with_weights(kernel, bias=0.0):
    model = net(layers.Dense(4, "relu", name="a"), layers.Dense(1, name="b"))
    rng = np.random.default_rng(0)
    signs = [rng.permutation(np.resize([1.0, -1.0], w.size)).reshape(w.shape) for w in model.weights[::2]]
    model.set_weights([kernel * signs[0], np.full(4, bias), signs[1], np.full(1, 9.0)])
    return model


COUNTS = np.array
SETUPS = {
    "healthy": ({}, []),
    "a linear network": ({"model": three("linear", "linear", "linear")}, ["no activation between layers"]),
    "two linear layers": ({"model": net(layers.Dense(4), layers.Dense(1))}, ["no activation between layers"]),
    "one activation": ({"model": three("linear", "relu", "linear")}, []),
    "a layer between": (
        {"model": net(layers.Dense(4), layers.BatchNormalization(), layers.Dense(1))},
        [],
    ),
    "one layer": ({"model": net(layers.Dense(1))}, []),
    "softmax inside": ({"model": three("softmax", "relu", "linear")}, ["softmax between layers"]),
    "softmax before the last": ({"model": three("relu", "softmax", "linear")}, ["softmax between layers"]),
    "wide weights": ({"model": with_weights(5.78)}, ["weights too large"]),
    "weights at the limit": ({"model": with_weights(5.77)}, []),
    "narrow weights": ({"model": with_weights(0.00577)}, ["weights too small"]),
    "not too narrow": ({"model": with_weights(0.00578)}, []),
    "equal weights": (
        {"model": net(layers.Dense(2, "relu", kernel_initializer="ones"), layers.Dense(1, kernel_initializer="ones"))},
        ["symmetric weights"],
    ),
    "biases": ({"model": with_weights(1.0, 1.01)}, ["biases far from 0"]),
    "biases at the limit": ({"model": with_weights(1.0, 1.0)}, []),
    "dropout": ({"model": net(layers.Dense(4, "relu"), layers.Dropout(0.51), layers.Dense(1))}, ["too much dropout"]),
    "half is dropped": ({"model": net(layers.Dense(4, "relu"), layers.Dropout(0.5), layers.Dense(1))}, []),
    "large features": ({"x_rms": 5.1}, ["unscaled inputs"]),
    "features at the limit": ({"x_rms": 5.0}, []),
    "large targets": ({"model": with_weights(1.0), "y_least": -101.0}, ["unscaled targets"]),
    "targets at the limit": ({"model": with_weights(1.0), "y_largest": 100.0}, []),
    "imbalanced labels": ({"counts": COUNTS([90, 10])}, ["imbalanced labels"]),
    "not so imbalanced": ({"counts": COUNTS([88, 12])}, []),
    "half even": ({"counts": COUNTS([50, 50, 0, 0])}, []),
    "few labels": ({"counts": COUNTS([98, 1])}, []),
    "one label that counts": ({"counts": COUNTS([100, 0, 0])}, ["imbalanced labels"]),
}


@pytest.mark.parametrize("case", SETUPS)
def test_a_rule_before_the_first_step_holds_beyond_its_limit(case):
    changes, expected = SETUPS[case]
    assert before(**changes) == expected


ONE_HOT, BINARY, LABELS = {"kind": "one-hot"}, {"kind": "binary"}, {"kind": "labels", "y_largest": 2.0}
LOGITS = handnn.losses.CategoricalCrossentropy(from_logits=True)
FITS = "it fits"
OUTPUTS = [
    ("softmax", 1, "binary_crossentropy", BINARY, "softmax over one unit is 1"),
    ("softmax", 1, "mse", {}, "softmax over one unit is 1"),
    ("sigmoid", 1, "categorical_crossentropy", BINARY, "of a single output is constant"),
    ("sigmoid", 1, "binary_crossentropy", BINARY, FITS),
    ("hard_sigmoid", 1, "binary_crossentropy", BINARY, FITS),
    ("linear", 1, "binary_crossentropy", BINARY, "takes probabilities; the output is linear"),
    ("sigmoid", 1, "binary_crossentropy", {}, FITS),
    ("sigmoid", 1, "binary_crossentropy", {"y_largest": 1.5}, "numbers from 0 to 1.5"),
    ("sigmoid", 1, "binary_crossentropy", {"y_least": -0.5}, "numbers from -0.5 to 1"),
    ("softmax", 3, "binary_crossentropy", ONE_HOT, "judges each of 3 exclusive classes alone"),
    ("softmax", 2, "binary_crossentropy", ONE_HOT, FITS),
    ("softmax", 3, "binary_crossentropy", {}, FITS),
    ("softmax", 3, "categorical_crossentropy", ONE_HOT, FITS),
    ("sigmoid", 3, "categorical_crossentropy", ONE_HOT, "takes probabilities; the output is sigmoid"),
    ("linear", 3, LOGITS, ONE_HOT, FITS),
    ("softmax", 3, LOGITS, ONE_HOT, "from_logits=True applies softmax to an output that has had softmax"),
    ("sigmoid", 3, LOGITS, ONE_HOT, "from_logits=True applies softmax to an output that has had sigmoid"),
    ("softmax", 3, "sparse_categorical_crossentropy", LABELS, FITS),
    ("softmax", 3, "mse", ONE_HOT, "Use categorical_crossentropy for labels"),
    ("sigmoid", 1, "mse", BINARY, "Use binary_crossentropy for labels"),
    ("sigmoid", 1, "poisson", BINARY, "has a gradient near 0"),
    ("sigmoid", 1, "hinge", BINARY, "wants outputs from -1 to 1; sigmoid gives 0 to 1"),
    ("softmax", 3, "hinge", ONE_HOT, "Use categorical_crossentropy, or tanh"),
    ("tanh", 1, "hinge", BINARY, FITS),
    ("sigmoid", 1, "mse", {}, FITS),
    ("tanh", 1, "mse", {"y_least": -1.0}, FITS),
    ("tanh", 1, "mse", {"y_least": -1.1}, "targets lie from -1.1 to 1, tanh reaches -1 to 1"),
    ("tanh", 1, "mse", {"y_largest": 1.1}, "targets lie from 0 to 1.1, tanh reaches -1 to 1"),
    ("relu", 1, "mse", {"y_largest": 99.0}, FITS),
    ("relu", 1, "mse", {"y_least": -0.1}, "relu reaches 0 to inf"),
    ("linear", 1, "msle", {"y_least": 0.5}, FITS),
    ("linear", 1, "msle", {"y_least": -0.1}, "is for targets from 0 on; they begin at -0.1"),
]


@pytest.mark.parametrize(("activation", "units", "loss", "batch", "words"), OUTPUTS, ids=lambda v: str(v)[:24])
@pytest.mark.filterwarnings("ignore::UserWarning")  # the model itself warns of some
def test_outputs_that_fit_their_loss_or_not(activation, units, loss, batch, words):
    model = net(layers.Dense(units, activation))
    model.compile("sgd", loss)
    kept = Batch(**({"y_least": 0.0, "y_largest": 1.0, "kind": "numbers"} | batch))
    found = next(setup_rules._output(model, kept), None)
    assert words in (FITS if found is None else f"{found.sentence}; {found.cure}")


def test_weights_of_other_layers_are_not_judged():
    words = handnn.Input((3,), dtype="int32")
    table = layers.Embedding(4, 2, weights=[np.full((4, 2), 9.0)])(words)
    model = handnn.Model(words, layers.Dense(1)(layers.Flatten()(table)))
    model.compile("sgd", "mse")
    assert before(model=model) == []


def test_how_large_targets_are():
    kept = Batch(y_least=-101.0, y_largest=7.0, kind="numbers")
    assert next(setup_rules._output(net(layers.Dense(1)), kept)).number == 101


def test_what_large_inputs_do():
    def effect(activation):
        record = Record(net(layers.Dense(2, activation), layers.Dense(1)))
        record.batch = Batch(x_rms=9.0)
        return next(setup_rules._inputs(record)).sentence.partition("which ")[2]

    assert effect("tanh") == "saturates the first layer"
    assert effect("relu") == "makes its gradients outweigh all others"
    assert effect("linear") == "outweighs the other features"


def test_kinds_of_targets():
    kinds = {"one-hot": np.eye(3), "binary": [[0], [1], [1]], "labels": [[0], [2], [999]]}
    numbers = [[0, 0, 1], [1, 1, 0]], [[0.5, 0.5]], [[0, 0.5]], [[0], [1000]], [[-1], [2]], [[0.5], [1]]
    assert {kind: kind_of(np.array(rows, float)) for kind, rows in kinds.items()} == {kind: kind for kind in kinds}
    assert {kind_of(np.array(rows, float)) for rows in numbers} == {"numbers"}


def test_what_the_first_batches_were_like():
    batch = Batch()
    batch.see((np.array([[3.0, 0.0], [4.0, -9.0]]), np.array([[7]])), np.array([[0], [1]]))
    batch.see((np.zeros((3, 2)),), np.array([[1], [1], [0]]))
    assert (batch.x_rms, batch.x_largest) == (np.sqrt(40.5), 9.0)
    assert (batch.kind, batch.y_least, batch.y_largest, batch.counts.tolist()) == ("binary", 0, 1, [2, 3])
    batch.see((), np.array([[3]]))
    assert (batch.kind, batch.counts.tolist()) == ("binary", [2, 3, 0, 1])
    batch.see((), np.array([[0.5]]))
    assert (batch.kind, batch.counts.sum()) == ("numbers", 6)
    hot = Batch()
    for rows in (np.eye(3)[[0, 0, 2]], np.eye(3)[[1]]):
        hot.see((), rows)
    assert hot.counts.tolist() == [2, 1, 1]


# ---- what is measured, and when


def test_steps_are_measured_at_first_and_then_now_and_then():
    watch = Doctor(verbose=0)
    watch.set_model(three())
    watch.set_params({"steps": 2 * WANTED, "epochs": 3})
    watch.on_train_begin()
    record = watch.record
    assert record.every == 6 and Record(watch.model, 5).every == 1
    due = []
    for record.taken in range(30):
        due.append(record.due)
    assert [k + 1 for k, one in enumerate(due) if one] == [*range(1, DENSE_START + 1), 12, 18, 24, 30]
    logs = {"loss": 0.5}
    watch.on_epoch_end(0, logs)
    logs.clear()
    watch.on_epoch_end(1)
    assert record.epochs == [{"loss": 0.5}, {}] and not record.diverged
    record.model.layers[0].kernel.value[0, 0] = np.inf
    watch.on_epoch_end(2, {"loss": 0.5})
    assert record.diverged and watch.model.stop_training


def test_a_ratio_of_weights_that_were_0_and_units_that_are_mostly_off():
    model = three()
    trace = model.trace(np.ones((40, 3)), np.ones((40, 2)))
    kernels = {name: model.get_layer(name).kernel.value for name in "abc"}
    none = {name: 0 * value for name, value in kernels.items()}
    gradient = trace["a"].gradients["kernel"].astype("float64")
    assert measured(model, trace, kernels)["a"]["gradient_norm"] == np.linalg.norm(gradient)
    assert {name: found["update_ratio"] for name, found in measured(model, trace, kernels).items()} == dict.fromkeys(
        "abc", 0.0
    )
    assert measured(model, trace, none)["a"]["update_ratio"] == np.inf
    assert set(measured(model, trace, {"a": kernels["a"]})) == {"a"}
    for name in "abc":
        model.get_layer(name).kernel.value[...] = 0
    assert measured(model, trace, none)["a"]["update_ratio"] == 0
    a = np.zeros((40, 3))
    a[:1, 0], a[:3, 1], a[:, 2] = 1.0, 1.0, limit("dead output")
    off = silent_units(model, {"a": types.SimpleNamespace(a=a)})
    assert {name: units.tolist() for name, units in off.items()} == {"a": [True, False, False]}
