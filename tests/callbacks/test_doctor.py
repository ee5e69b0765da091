"""The doctor: what it measures, which rule fires on which fault, and its score on planted faults."""

import json

import numpy as np
import pytest

import handnn
from handnn import layers
from handnn.callbacks import Doctor
from handnn.callbacks.health.finding import THRESHOLDS
from handnn.callbacks.health.measure import MEASURES
from handnn.callbacks.health.record import DENSE_START
from handnn.callbacks.health.setup_rules import SYMPTOMS
from handnn.proof.doctor.__main__ import Result, score
from handnn.proof.doctor.cases import CASES, HEALTHY, kept_aside, kind
from handnn.proof.doctor.run import examine

BY_NAME = {case.name: case for case in CASES}


def net(*stack, optimizer="sgd", loss="mse", inputs=3):
    model = handnn.Sequential([handnn.Input((inputs,)), *stack], name="net")
    model.compile(optimizer, loss)
    return model


def fitted(model, x, y, epochs=1, batch_size=8):
    doctor = Doctor(verbose=0)
    model.fit(x, y, batch_size, epochs, verbose=0, callbacks=[doctor], shuffle=False)
    return doctor


def test_measures_are_those_of_the_step(rng):
    x, y = rng.normal(size=(8, 3)).astype("float32"), rng.normal(size=(8, 1)).astype("float32")
    model = net(layers.Dense(4, "tanh", name="a"), layers.Dense(1, name="b"))
    before = [w.copy() for w in model.get_weights()]
    trace = model.trace(x, y)
    doctor = fitted(model, x, y)
    found = {name: values[0] for name, values in doctor.record.layers["a"].items()}
    assert found["gradient_norm"] == pytest.approx(np.linalg.norm(trace["a"].dW))
    assert found["update_ratio"] == pytest.approx(
        np.abs(model.get_weights()[0] - before[0]).mean() / np.abs(before[0]).mean()
    )
    assert found["saturated"] == pytest.approx(np.abs(trace["a"].a).mean())
    assert found["activation_std"] == pytest.approx(trace["a"].a.std())
    assert found["zero_gradients"] == 0
    assert doctor.record.losses == [pytest.approx(float(trace.loss))]
    assert set(found) | {"dead"} == set(MEASURES)


def test_a_unit_is_dead_if_it_is_silent_in_ten_batches(rng):
    x, y = rng.normal(size=(96, 3)).astype("float32"), rng.normal(size=(96, 1)).astype("float32")
    model = net(layers.Dense(4, "relu", name="a"), layers.Dense(1, name="b"))
    weights = model.get_weights()
    weights[1][:3] = -100
    model.set_weights(weights)
    doctor = fitted(model, x, y, epochs=2)
    assert doctor.record.layers["a"]["dead"] == [0.0] * (DENSE_START - 1) + [0.75] * 15
    dead = next(f for f in doctor.findings if f.symptom == "dead ReLU")
    assert (dead.layer, dead.number) == ("a", 0.75)
    assert "75 % of the units give 0 for every sample" in dead.sentence


def test_a_unit_that_fires_in_some_batches_is_not_dead(rng):
    x = np.abs(rng.normal(size=(96, 3))).astype("float32")
    x.reshape(12, 8, 3)[::2] *= -1  # every other batch of 8
    model = net(layers.Dense(1, "relu", name="a", kernel_initializer="ones"), layers.Dense(1, name="b"))
    doctor = fitted(model, x, np.zeros((96, 1), "float32"), epochs=1)
    silent = [bool((np.maximum(x[i : i + 8].sum(axis=1), 0) == 0).all()) for i in range(0, 96, 8)]
    assert any(silent[:10]) and not all(silent[:10])
    assert doctor.record.layers["a"]["dead"] == [0.0] * 12


ONE_HOT = np.eye(3, dtype="float32")[np.arange(48) % 3]
SIGNS = (np.arange(48) % 2).astype("float32")[:, None]
NUMBERS = np.linspace(-2, 2, 48, dtype="float32")[:, None]

MISFITS = [
    (("softmax", 1), "binary_crossentropy", SIGNS, "activation", "softmax over one unit is 1"),
    (("sigmoid", 1), "categorical_crossentropy", SIGNS, "loss", "of a single output is constant"),
    (("sigmoid", 3), "categorical_crossentropy", ONE_HOT, "activation", "takes probabilities; the output is sigmoid"),
    (("softmax", 3), "binary_crossentropy", ONE_HOT, "loss", "judges each of 3 exclusive classes alone"),
    (("softmax", 3), "mse", ONE_HOT, "loss", "gradient near 0"),
    (("sigmoid", 1), "hinge", SIGNS, "loss", "wants outputs from -1 to 1"),
    (("linear", 1), "binary_crossentropy", NUMBERS, "loss", "the targets are numbers from -2 to 2"),
    (("relu", 1), "mse", NUMBERS, "activation", "relu reaches 0 to inf"),
    (("tanh", 1), "mse", NUMBERS, "activation", "tanh reaches -1 to 1"),
    (("linear", 1), "msle", NUMBERS, "loss", "is for targets from 0 on"),
    (
        ("softmax", 3),
        handnn.losses.CategoricalCrossentropy(from_logits=True),
        ONE_HOT,
        "activation",
        "from_logits=True applies",
    ),
]
FITS = [
    (("softmax", 3), "categorical_crossentropy", ONE_HOT),
    (("linear", 3), handnn.losses.CategoricalCrossentropy(from_logits=True), ONE_HOT),
    (("sigmoid", 1), "binary_crossentropy", SIGNS),
    (("sigmoid", 3), "binary_crossentropy", np.maximum(ONE_HOT, ONE_HOT[::-1])),
    (("tanh", 1), "hinge", 2 * SIGNS - 1),
    (("linear", 1), "mse", NUMBERS),
    (("softplus", 1), "poisson", NUMBERS + 2),
]


@pytest.mark.quick(4)
@pytest.mark.filterwarnings("ignore::UserWarning")  # the model itself warns of some
@pytest.mark.parametrize(("output", "loss", "y", "kind", "words"), MISFITS)
def test_losses_that_do_not_fit_the_output(output, loss, y, kind, words, rng):
    x = rng.normal(size=(48, 3)).astype("float32")
    with np.errstate(all="ignore"):
        doctor = fitted(net(layers.Dense(output[1], output[0], name="out"), loss=loss), x, y)
    first = doctor.findings[0]
    assert (first.kind, first.symptom, first.layer) == (kind, "loss and output that do not fit", "out")
    assert words in first.sentence and first.cure


@pytest.mark.quick(3)
@pytest.mark.parametrize(("output", "loss", "y"), FITS)
def test_losses_that_fit_the_output(output, loss, y, rng):
    x = rng.normal(size=(48, 3)).astype("float32")
    doctor = fitted(net(layers.Dense(output[1], output[0], name="out"), loss=loss), x, y)
    assert not [f for f in doctor.findings if f.symptom in SYMPTOMS]


def test_divergence_ends_training_and_names_a_cause(rng):
    x, y = rng.normal(size=(64, 3)).astype("float32"), NUMBERS[:1].repeat(64, axis=0)
    with np.errstate(all="ignore"):
        doctor = fitted(net(layers.Dense(1), optimizer=handnn.optimizers.SGD(1e8)), x, y, epochs=30)
        scaled = fitted(net(layers.Dense(1), optimizer=handnn.optimizers.SGD(0.01)), 1e4 * x, y, epochs=30)
    assert [f.symptom for f in doctor.findings][-1] == "divergence" and len(doctor.record.epochs) < 30
    assert doctor.findings[-1].kind == "learning rate"
    assert scaled.findings[0].kind == "scaling" and "divergence" in [f.symptom for f in scaled.findings]


def test_findings_are_printed_with_limit_source_and_cure(capsys, rng):
    x = 50 * rng.normal(size=(48, 3)).astype("float32")
    model = net(layers.Dense(1))
    with np.errstate(all="ignore"):
        model.fit(x, NUMBERS, 8, 1, verbose=0, callbacks=[Doctor()])
    printed = capsys.readouterr().out
    assert "doctor: unscaled inputs: a feature is" in printed
    assert "(limit 5: handnn's own, docs/doctor.md). Standardise the features" in printed


def test_a_finding_is_json(rng):
    doctor = fitted(net(layers.Dense(1)), 50 * rng.normal(size=(48, 3)).astype("float32"), NUMBERS)
    found = json.loads(json.dumps(doctor.findings[0].to_dict()))
    assert found["threshold"] == {"value": 5.0, "source": THRESHOLDS["largest feature"].source}


FEW = ("four epochs of iris", "wine in its own units")


@pytest.mark.parametrize("name", FEW)
@pytest.mark.quick(1)
def test_planted_faults_are_named_and_healthy_runs_are_left_alone(name):
    case = BY_NAME[name]
    findings = examine(case)
    assert (findings[0].kind if findings else HEALTHY) in (case.kinds or (HEALTHY,)), findings


@pytest.mark.slow
def test_the_score():
    results = [Result(case, examine(case), False) for case in CASES]
    found = score(results)
    assert found.faulty >= 40 and found.healthy >= found.cases / 4
    assert found.detected >= 0.95 * found.faulty and found.named >= 0.8 * found.faulty
    assert found.alarms == 0, [r.case.name for r in results if not r.case.kinds and r.findings]


def test_a_third_is_kept_aside():
    aside = kept_aside()
    assert len({case.name for case in CASES}) == len(CASES)
    assert 0.3 < len(aside) / len(CASES) < 0.4
    assert {kind(case) for case in CASES} == {kind(BY_NAME[name]) for name in aside}
