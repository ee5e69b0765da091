"""`handnn report`: one page of a run, both sides over each other, without network."""

import json
import re

import numpy as np
import pytest

from handnn.compare.side_by_side import drawings
from handnn.compare.side_by_side.page import _verdict, html
from handnn.compare.side_by_side.read import Run, read
from handnn.core import html as page
from handnn.tensorboard.histogram import buckets

NETWORK = ("--data", "moons", "--layers", "4", "--epochs", "2", "--batch-size", "400")


def bare(**changed):
    result = {"data": "moons: 2 inputs", "network": "2-4-1", "steps": 4, "checked_steps": 0, "ok": True}
    result |= {"epochs": {"handnn": [{"loss": 1.0}], "keras": []}}
    values = {"result": result, "health": {}, "scalars": {}, "histograms": {}} | changed
    return Run("a", **values)


@pytest.fixture
def both():
    """A run of two tensors, two epochs and three steps, of which one is beyond its allowance."""
    rng = np.random.default_rng(0)
    scalars = {
        f"{side}/{part}": {"epoch_loss": [(0, 1.0), (1, 0.5)]}
        for side in ("handnn", "keras")
        for part in ("train", "validation")
    }
    ratios = {
        "parity/h/dW": [0.1, 0.2, 3.0],
        "parity/h/db": [0.0, 0.1, 0.2],
        "agreement/worst_error_over_allowance": [0.1, 0.2, 3.0],
    }
    drift = {"agreement/drift": [0.0, 1e-8, float("inf")], "drift/n/h/kernel": [0.0, 1e-8, 1e-7]}
    scalars["parity"] = {tag: list(enumerate(v, 1)) for tag, v in (ratios | drift).items()}
    tensors = {"n/h/kernel/histogram": 1.0, "n/h/bias/histogram": 0.0}
    histograms = {
        tag: {side: {e: buckets(scale * rng.normal(size=20) + e) for e in (0, 1)} for side in ("handnn", "keras")}
        for tag, scale in tensors.items()
    }
    health = {"steps": [1, 2], "losses": [1, 1], "layers": {"h": {"gradient_norm": [1.0, None], "dead": [0.0, 0.0]}}}
    found = bare(scalars=scalars, histograms=histograms, health=health)
    found.result.update(checked_steps=3, tensors_checked=6, worst_error_over_allowance=3.0, worst_at="h dW", drift=1e-7)
    return found


def test_a_page_of_both_sides(both):
    both.result.update(
        first_mismatch={"step": 3, "what": "h: dW is <wrong>"}, doctor=[{"layer": "h", "text": "dead ReLU: 3 %"}],
        settings={"optimizer": {"name": "adam"}}, baselines={"mean": {"R2": 0.0}}, command="handnn train",
    )  # fmt: skip
    found = html(both)
    assert "Not verified. Step 3: h: dW is &lt;wrong&gt;." in found
    assert "h: dead ReLU: 3 %" in found and "&quot;name&quot;: &quot;adam&quot;" in found and "mean R2 0.0000" in found
    assert not re.search(r"(src|href)=.(?!data:image/png)", found), "it asks for another file"
    assert found.count("<img") == 1 + 1 + 2 + 2 * 2 + 1  # loss, map, worst and drift, histograms, one health map
    assert found.count(" hidden>") == 2 and 'max="1" value="1"' in found


def test_a_page_of_the_hand_written_side_alone():
    found = html(bare())
    assert "nothing was compared with TensorFlow" in found and "Keras</th>" not in found and "<img" not in found


def test_an_agreeing_run_says_so(both):
    both.result.update(worst_error_over_allowance=0.25)
    told, kind = _verdict(both)
    assert told == [
        "Verified: 6 tensors of 3 steps agree with TensorFlow's; the worst error is 0.250 of its allowance (h dW)."
    ]
    both.result.update(diverged=True)
    assert (kind, *_verdict(both)[0][:1], _verdict(both)[1]) == ("told", "Training diverged after 4 steps.", "but")


def test_histograms_lie_on_one_scale(both):
    edges, heights = drawings._density(both.histograms["n/h/kernel/histogram"]["keras"][0])
    assert (heights * np.diff(edges)).sum() == pytest.approx(1)
    edges, heights = drawings._density(both.histograms["n/h/bias/histogram"]["keras"][1])  # a single value
    assert edges[0] < 1 < edges[1] and (heights * np.diff(edges)).sum() == pytest.approx(1)
    assert drawings._density(np.full((3, 3), np.nan))[1].tolist() == [0]


def test_heat_maps_keep_the_largest_of_many_steps():
    columns = np.array([[0.1, 0.9, np.nan], [np.nan, np.nan, np.nan]])
    assert drawings._largest(columns)[0] == 0.9 and np.isnan(drawings._largest(columns)[1])


def test_many_tensors_and_epochs_stay_within_bounds(both):
    many = {
        f"n/layer_{i}/{what}": both.histograms["n/h/kernel/histogram"]
        for i in range(40)
        for what in ("kernel/histogram", "kernel/gradient/histogram")
    }
    large = bare(histograms=many)
    assert len(drawings.histogram_tags(large)) == 40
    long = {"a/b/histogram": {"handnn": {e: np.zeros((1, 3)) for e in range(1000)}}}
    epochs = drawings.shown_epochs(bare(histograms=long))
    assert len(epochs) == drawings.MOST_HISTOGRAMS and (epochs[0], epochs[-1]) == (0, 999)


def test_frames_are_hidden_but_for_the_last():
    made = page.frames(["a", "<b>"], [("one", [b"1", b"2"])])
    assert made.count("<img") == 2 and made.count(" hidden>") == 1
    assert made.index(" hidden>") < made.rindex("<img") and "&lt;b&gt;" in made and "<b>" not in made


@pytest.mark.slow
def test_the_command_writes_the_page(command, tmp_path):
    assert command("train", *NETWORK, "--no-keras", "--run", "a", "--doctor", "--learning-rate", "1e-7")[0] == 0
    status, out, _ = command("report", "logs/a")
    written = (tmp_path / "logs/a/report.html").read_text()
    assert status == 0 and "logs/a/report.html" in out
    assert (
        "learning rate too low" in written
        and "handnn train --data moons" in written
        and "Euclidean norm of dL/dW" in written
    )
    assert len(written) < 5e6
    run = read("logs/a")
    assert not run.has_keras and set(json.loads((tmp_path / "logs/a/health.json").read_text())["layers"]) == {
        "hidden_1",
        "output",
    }


@pytest.mark.slow
def test_a_page_of_a_real_run(command, tmp_path):
    assert command("train", *NETWORK, "--run", "a")[0] == 0
    assert command("report", "logs/a", "--out", "b.html")[0] == 0
    written = (tmp_path / "b.html").read_text()
    assert "Verified:" in written and "kernel_momentum" not in written and "Drift" not in written.split("<img")[0]
    assert len(read("logs/a").parity()) > 10 and len(written) < 5e6


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("none",), "RUN must be the folder of a run"),
        (("empty",), "finished run of handnn train, with its run.json"),
        (("broken",), "run.json is damaged"),
        (("empty", "--out", "a.txt"), "--out must be FILE.html"),
        (("empty", "--out", "none/a.html"), "--out must be FILE.html"),
    ],
)
def test_what_is_no_run_is_one_line(given, words, command, tmp_path):
    for name, text in (("empty", None), ("broken", "{")):
        (tmp_path / name).mkdir()
        if text:
            (tmp_path / name / "run.json").write_text(text)
    status, out, err = command("report", *given)
    assert (status, out) == (2, "") and words in err and len(err.splitlines()) == 1
