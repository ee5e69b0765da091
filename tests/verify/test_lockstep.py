"""Two sides in lockstep: what is logged is what was measured, at the step where it was."""

from types import SimpleNamespace

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.callbacks.health.record import Record
from handnn.tensorboard import tags
from handnn.tensorboard.read import series
from handnn.verify import lockstep
from handnn.verify.lockstep import Lockstep, Outcome, Samples

CLASSES, FEATURES = 3, 4


def samples(rng, count=14):
    x = rng.normal(size=(count, FEATURES)).astype("float32")
    y = np.eye(CLASSES, dtype="float32")[rng.integers(0, CLASSES, count)]
    return Samples(x[:-4], y[:-4], x[-4:], y[-4:], SimpleNamespace(image_shape=None, inputs=FEATURES))


def net(*between, optimizer=None):
    stack = [layers.Input((FEATURES,)), layers.Dense(5, "tanh", name="hidden"), *between]
    model = handnn.Sequential([*stack, layers.Dense(CLASSES, "softmax", name="output")], name="net")
    model.compile(optimizer or handnn.optimizers.Adam(1e-3), "categorical_crossentropy")
    return model


class Race:
    """A run, its folder, and both sides' weights after every step."""

    def __init__(self, model, data, directory, check_every=1, with_keras=True):
        self.keras_run = None
        if with_keras:
            from tf_reference import KerasRun, KerasTwin

            twin = KerasTwin(model.get_config(), model.get_weights(), model.loss, model.optimizer)
            self.keras_run = KerasRun(twin, None, str(directory / "keras"))
        self.model, self.apart, self.losses, self.stop_after = model, [], [], None
        self.lockstep = Lockstep(model, self.keras_run, data, None, str(directory), check_every)

    def step_done(self, results):
        if len(self.losses) == self.stop_after:
            raise KeyboardInterrupt
        self.losses.append(results["loss"])
        if self.keras_run is not None:
            pairs = zip(self.model.get_weights(), self.keras_run.twin.get_weights(), strict=True)
            self.apart.append(max(float(np.max(np.abs(a - b))) for a, b in pairs))

    def run(self, epochs=2, batch_size=4):
        return self.lockstep.run(epochs, batch_size, 0, self.step_done)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Three epochs of three steps, their folder, and the deltas of either side after every step.

    With dropout every step is checked, whatever is asked for: its masks come from checked steps.
    """
    pytest.importorskip("keras")
    folder = tmp_path_factory.mktemp("run")
    race = Race(net(layers.Dropout(0.25)), samples(np.random.default_rng(0)), folder, check_every=0)
    hand, theirs = [], []
    step, checked = race.model.train_step, race.keras_run.checked_step

    def train_step(*arguments, **options):
        trace = step(*arguments, **options)
        hand.append(trace["output"].delta.copy())
        return trace

    def checked_step(*arguments):
        trace = checked(*arguments)
        theirs.append(trace["output"].delta.copy())
        return trace

    race.model.train_step, race.keras_run.checked_step = train_step, checked_step
    told, race.checked, see = [["Keras errs"], *[[]] * 8], [], race.lockstep.outcome.see
    race.lockstep.outcome.see = lambda step, rows: (race.checked.append(step), see(step, rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lockstep, "remarks", lambda layers, reference: told.pop(0))
        race.run(epochs=3)
    return race, folder, {"handnn": hand, "keras": theirs}


@pytest.fixture(scope="module")
def resumed(tmp_path_factory):
    """Two more epochs of a run, whose first was another's: six steps, every second of which is checked."""
    pytest.importorskip("keras")
    folder, data = tmp_path_factory.mktemp("resumed"), samples(np.random.default_rng(0))
    model = net(optimizer=handnn.optimizers.SGD(0.1))  # without slots, which a new twin would not have
    Race(model, data, folder / "first", with_keras=False).run(epochs=1)
    race = Race(model, data, folder / "second", check_every=2)
    race.lockstep.health = Record(model)
    race.run(epochs=3)
    return race, folder / "second"


def drift_is_that_of(race, folder, expected):
    logged = series(folder / "parity")["agreement/drift"]
    assert [step for step, _ in logged] == expected
    for step, value in logged:
        assert value == np.float32(race.apart[step - 1])
    assert max(race.apart) < 1e-4  # a step of Adam is 1e-3
    assert race.lockstep.outcome.drift == race.apart[-1] and race.lockstep.outcome.drift_step == expected[-1]


def test_drift_is_that_after_both_sides_took_the_step(done):
    race, folder, _ = done
    drift_is_that_of(race, folder, [1, 2, 3, 4, 5, 6, 7, 8, 9])
    for weight, other in zip(race.model.weights, race.keras_run.twin.get_weights(), strict=True):
        logged = series(folder / "parity")[f"drift/{weight.path}"]
        assert logged[-1] == (9, np.float32(np.abs(weight.value - other).max())), weight.path


def test_a_mismatch_comes_before_what_is_undecided_and_the_first_of_each_stays():
    def told(ratio, undecided=False):
        return SimpleNamespace(ratio=ratio, ok=ratio <= 1, undecided=undecided)

    right, wrong = told(0.5), told(2.0)
    outcome, steps, first = Outcome(), [], told(np.inf, True)
    for step, rows in enumerate([[right], [first], [told(np.inf, True), right], [wrong], [told(9.0)]]):
        outcome.see(step, rows)
        steps.append(outcome.first_outside and outcome.first_outside[0])
    assert steps == [None, 1, 1, 3, 3] and not outcome.ok and Outcome().ok
    assert (outcome.checked_steps, outcome.tensors) == (5, 6) and outcome.worst is first


def test_a_remark_on_keras_stays_when_later_steps_have_none(done):
    assert done[0].lockstep.outcome.remarks == ["Keras errs"]


def steps_of(folder, tag):
    return [step for step, _ in series(folder)[tag]]


def test_a_resumed_run_goes_on_counting_steps_and_epochs(resumed):
    race, folder = resumed
    outcome = race.lockstep.outcome
    assert (outcome.steps, outcome.checked_steps, race.model.progress.epoch) == (6, 3, 3)
    for side in ("handnn", "keras"):
        assert steps_of(folder / side / "train", "batch_loss") == [4, 5, 6, 7, 8, 9]
        assert steps_of(folder / side / "train", "epoch_loss") == [1, 2]
    assert steps_of(folder / "health", "health_gradient_norm/hidden") == [4, 5, 6, 7, 8, 9]
    assert race.lockstep.health.epochs == outcome.hand


def test_what_is_checked_now_and_then_is_logged_then(resumed):
    """Errors of the steps that were checked; drift there and after epochs; both sides take the steps between, too."""
    race, folder = resumed
    assert race.lockstep.outcome.ok and max(race.apart) < 1e-4  # a step of SGD is 1e-2
    for tag in ("agreement/worst_error_over_allowance", "parity/hidden/dW"):
        assert steps_of(folder / "parity", tag) == [4, 6, 8]
    assert steps_of(folder / "parity", "agreement/drift") == [4, 6, 8, 9]
    for side in ("handnn", "keras"):
        assert steps_of(folder / side / "train", "net/hidden/kernel/gradient/histogram") == [1, 2]


def test_a_run_without_a_folder_writes_nothing(rng, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Lockstep(net(), None, samples(rng), None, None).run(2, 3, 0).steps == 8  # 3 + 3 + 3 + 1 samples
    assert not list(tmp_path.iterdir())


def test_the_optimizers_steps_are_compared_too(done):
    found = {tag for tag in series(done[1] / "parity") if "step" in tag}
    assert {tag.split("/")[1] for tag in found} == {"hidden", "output"}, found


def test_weights_of_keras_that_are_no_numbers_end_the_run_before_a_step(keras, rng, monkeypatch):
    """Such a run is not timed, and Keras' logs are closed after it as after any. Without logs, drift is of epochs."""

    def stop(logs):
        raise KeyboardInterrupt

    from tf_reference import KerasRun, KerasTwin

    model = net()
    keras_run = KerasRun(KerasTwin(model.get_config(), model.get_weights(), model.loss, model.optimizer), None, None)
    race = Lockstep(model, keras_run, samples(rng), None, None, check_every=0)
    closed = []
    monkeypatch.setattr(keras_run, "close", lambda: closed.append(race.outcome.steps))
    assert race.run(1, 8, 0).drift_step == 2 and race.outcome.checked_steps == 0
    race.check_every = 1
    assert race.run(2, 8, 0, stop).drift_step == 2 and race.outcome.checked_steps == 1
    bad = [np.full_like(weight, np.nan) for weight in model.get_weights()]
    monkeypatch.setattr(keras_run.twin, "get_weights", lambda: bad)
    assert race.run(2, 8, 0).diverged and race.outcome.steps == 3 and closed == [2, 3, 3]
    monkeypatch.setattr(model, "get_weights", lambda: bad)
    race.race(8)
    assert race.outcome.hand_seconds is None


def test_the_first_steps_of_a_race_are_not_timed(monkeypatch):
    now, steps = [100.0], iter([7.0, 7.0, 1.0, 2.0, 3.0])
    monkeypatch.setattr(lockstep, "RACE_WARM_UP", 2)
    monkeypatch.setattr(lockstep, "RACE_STEPS", 3)
    monkeypatch.setattr(lockstep, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    assert list(lockstep._times(lambda: now.__setitem__(0, now[0] + next(steps)))) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("side", [0, 1])
def test_there_is_no_drift_between_weights_that_are_no_numbers(side, done, monkeypatch):
    race = done[0].lockstep
    both = race._both_weights()
    both[side] = [np.full_like(weight, np.nan) for weight in both[side]]
    monkeypatch.setattr(race, "_both_weights", lambda: both)
    monkeypatch.setattr(race, "outcome", Outcome(steps=1))
    race._drift()
    assert race.outcome.drift_step is None


def test_the_model_is_saved_after_every_epoch(rng, monkeypatch):
    model, saved = net(), []
    monkeypatch.setattr(model, "save", lambda path: saved.append((path, model.progress.epoch)))
    Lockstep(model, None, samples(rng), None, None).run(2, 4, 0, save_as="net.keras")
    assert saved == [("net.keras", 1), ("net.keras", 2)]


@pytest.mark.parametrize("side", [0, 1])
def test_an_epoch_after_which_a_weight_of_either_side_is_no_number_ends_the_run(side, rng, tmp_path, monkeypatch):
    """Histograms of NaN are not logged; the loss is that of before the step."""
    race, both = Race(net(), samples(rng), tmp_path, with_keras=False), [[np.zeros(2)], [np.zeros(2)]]
    both[side] = [np.array([0.0, np.nan])]
    monkeypatch.setattr(race.lockstep, "_both_weights", lambda: both)
    outcome = race.run()
    assert outcome.diverged and outcome.steps == 3 and len(outcome.hand) == 1
    found = series(tmp_path / "handnn/train")
    assert "epoch_loss" in found and not any(tag.endswith("histogram") for tag in found)


def test_ctrl_c_keeps_what_was_logged_and_is_told(rng, tmp_path):
    race = Race(net(), samples(rng), tmp_path, with_keras=False)
    race.stop_after = 2
    outcome = race.run()
    assert (
        outcome.interrupted
        and outcome.steps == 3
        and not Race(net(), samples(rng), tmp_path / "whole", with_keras=False).run(epochs=1).interrupted
    )
    assert steps_of(tmp_path / "handnn/train", "batch_loss") == [1, 2, 3]
    with pytest.raises(ValueError, match="is closed"):
        race.lockstep._log.scalars("train", {"a": 1.0}, 0)


def test_the_race_leaves_the_weights_of_both_sides(done, monkeypatch):
    """They are predicted with afterwards."""
    monkeypatch.setattr(lockstep, "RACE_STEPS", 3)
    race = done[0]
    sides = (race.model, race.keras_run.twin)
    before = [[weight.copy() for weight in side.get_weights()] for side in sides]
    race.lockstep.race(4)
    assert race.lockstep.outcome.keras_seconds > 0 < race.lockstep.outcome.hand_seconds
    for side, kept in zip(sides, before, strict=True):
        assert all(map(np.array_equal, side.get_weights(), kept))


@pytest.mark.slow
def test_drift_between_checks_is_measured_at_the_end_of_an_epoch(keras, rng, tmp_path):
    race = Race(net(), samples(rng), tmp_path, check_every=2)
    race.run()
    drift_is_that_of(race, tmp_path, [1, 3, 5, 6])


@pytest.mark.slow
def test_ctrl_c_between_the_two_steps_leaves_the_last_drift(keras, rng, tmp_path, monkeypatch):
    race = Race(net(), samples(rng), tmp_path)
    step, calls = race.model.train_step, []

    def interrupted(*arguments, **options):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return step(*arguments, **options)

    monkeypatch.setattr(race.model, "train_step", interrupted)
    outcome = race.run()
    assert outcome.interrupted and outcome.drift_step == 2
    assert outcome.drift == race.apart[1] < 1e-4


def test_the_epochs_loss_weighs_each_batch_by_its_samples(rng, tmp_path):
    """10 samples in batches of 4: the last batch of 2 counts half."""
    data = samples(rng)
    race = Race(net(optimizer=handnn.optimizers.SGD(0.0)), data, tmp_path, with_keras=False)
    outcome = race.run(epochs=1)
    whole = float(race.model.evaluate(data.x, data.y, batch_size=10, verbose=0))
    halves = [float(race.model.evaluate(data.x[i : i + 5], data.y[i : i + 5], verbose=0)) for i in (0, 5)]
    unit = 10 * np.finfo("float32").eps * whole  # ten values of float32 added up in another order
    assert abs(outcome.hand[0]["loss"] - whole) <= unit
    assert abs(sum(halves) / 2 - whole) <= unit


def test_accuracies_are_of_their_own_samples(rng, tmp_path):
    """The validation labels are what the network says, those of training are not."""
    data, model = samples(rng), net(optimizer=handnn.optimizers.SGD(0.0))
    data.y_validation = np.eye(CLASSES, dtype="float32")[model.predict(data.x_validation).argmax(axis=1)]
    data.y = np.eye(CLASSES, dtype="float32")[(model.predict(data.x).argmax(axis=1) + 1) % CLASSES]
    race = Race(model, data, tmp_path, with_keras=False)
    race.lockstep.metric = handnn.metrics.CategoricalAccuracy()
    assert [(epoch["accuracy"], epoch["val_accuracy"]) for epoch in race.run().hand] == [(0, 1), (0, 1)]


def test_validation_is_logged_at_its_epoch(done):
    race, folder, _ = done
    outcome = race.lockstep.outcome
    for side, values in (("handnn", outcome.hand), ("keras", outcome.keras)):
        for part, key in (("train", "loss"), ("validation", "val_loss")):
            logged = series(folder / side / part)["epoch_loss"]
            assert [step for step, _ in logged] == [0, 1, 2]
            assert [np.float32(v) for _, v in logged] == [np.float32(epoch[key]) for epoch in values]


def test_histograms_are_those_of_the_last_batch(done):
    _, folder, deltas = done
    for side in ("handnn", "keras"):
        logged = series(folder / side / "train")["net/output/delta/histogram"]
        assert [epoch for epoch, _ in logged] == [0, 1, 2]
        for epoch, buckets in logged:
            last = deltas[side][3 * epoch + 2]
            assert buckets[:, 2].sum() == last.size == 2 * CLASSES
            assert np.float32(buckets[0, 0]) == last.min()


def test_both_sides_log_the_same_steps_and_means(done):
    """Each batch's loss is the mean so far in its epoch: of 4, 8 and 10 samples, then from the start again."""
    race, folder, _ = done
    logged = [series(folder / side / "train")["batch_loss"] for side in ("handnn", "keras")]
    for hand, theirs in zip(*logged, strict=True):
        assert hand[0] == theirs[0] and abs(hand[1] - theirs[1]) < 1e-4
    assert race.checked == steps_of(folder / "parity", "agreement/limit") == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert [step for step, _ in logged[0]] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert [np.float32(value) for _, value in logged[0]] == [np.float32(value) for value in race.losses]
    outcome = race.lockstep.outcome
    for i, (hand, theirs) in enumerate(zip(outcome.hand, outcome.keras, strict=True)):
        assert hand.keys() == theirs.keys()
        assert all(abs(hand[name] - theirs[name]) < 1e-4 for name in hand)
        assert hand["loss"] == race.losses[3 * i + 2]
    assert outcome.checked_steps == outcome.steps == 9 and outcome.ok and not outcome.diverged


@pytest.mark.parametrize(
    ("changes", "outputs", "expected"),
    [
        ({}, "softmax", {"gradient/largest", "confidence/validation", "confidence/noise"}),
        ({}, "logits", {"gradient/largest"}),
        ({}, "one", {"gradient/largest"}),
        ({}, "two", {"gradient/largest", "confidence/validation", "confidence/noise"}),
        ({"task": "regression"}, "softmax", {"gradient/largest"}),
        ({"image_shape": None}, "softmax", set()),
    ],
    ids=["pictures", "logits", "one output", "two", "numbers", "no pictures"],
)
def test_how_sure_a_network_of_pictures_is_is_logged(changes, outputs, expected, rng, tmp_path, monkeypatch):
    """Outputs that are no probabilities say nothing about that. What lights up is drawn of pictures alone."""
    monkeypatch.setattr(lockstep, "NOISE", 3)
    data = samples(rng)
    data.dataset = SimpleNamespace(
        image_shape=(2, 2), inputs=FEATURES, task="classification", y_validation=np.arange(4)
    )
    vars(data.dataset).update(changes)
    model = net()
    if outputs == "one":
        model = handnn.Sequential([layers.Input((FEATURES,)), layers.Dense(1, "sigmoid")], name="net")
        model.compile("sgd", "binary_crossentropy")
        data.y, data.y_validation = data.y[:, :1], data.y_validation[:, :1]
    if outputs == "two":
        model = handnn.Sequential([layers.Input((FEATURES,)), layers.Dense(2, "softmax")], name="net")
        model.compile("sgd", "categorical_crossentropy")
        data.y, data.y_validation = (np.hstack([y[:, :1], 1 - y[:, :1]]) for y in (data.y, data.y_validation))
    if outputs == "logits":
        model.layers[-1].activation = handnn.activations.linear
        model.compile("adam", handnn.losses.CategoricalCrossentropy(from_logits=True))
    race = Race(model, data, tmp_path, with_keras=False)
    race.run()
    logged = series(tmp_path / "handnn/train")
    for tag in (f"{model.weights[0].path}/gradient/image", tags.activity("net", "lit_up")):
        assert (tag in logged) == (tmp_path / "health").exists() == bool(expected)
    found = series(tmp_path / "health") if expected else {}
    assert set(found) == expected
    assert all([epoch for epoch, _ in values] == [0, 1] for values in found.values())
    if "confidence/validation" in expected:
        surest = model.predict(data.x_validation).max(axis=1)[:3]
        assert found["confidence/validation"][-1] == (1, surest.mean())
