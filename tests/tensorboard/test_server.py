"""What a browser gets: a TensorBoard server on the logs of a run, asked over HTTP."""

import contextlib
import io
import json
import re
import shlex
import sys
import time
import urllib.parse
import urllib.request

import numpy as np
import pytest

from handnn import cli

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the server's own plugins

LAYERS = ("hidden_1", "output")


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Train both sides, start TensorBoard on the logs, and return a function that asks it for JSON."""
    import tf_reference  # noqa: F401  (quiet)
    import tensorflow as tf
    from tensorboard import default, program

    folder = tmp_path_factory.mktemp("served")
    few = ["--epochs", "3", "--batch-size", "719", "--layers", "6"]
    kept, sys.argv = sys.argv, ["handnn", "train", *few, "--run", "r", "--logdir", str(folder)]
    tf.config.run_functions_eagerly(True)  # six steps: compiling would take most of the time
    printed = io.StringIO()
    try:
        with pytest.raises(SystemExit) as ended, contextlib.redirect_stdout(printed):
            cli.main()
    finally:
        sys.argv = kept
        tf.config.run_functions_eagerly(False)
    assert ended.value.code == 0
    server = program.TensorBoard(default.get_plugins())
    (look,) = re.findall(r"^look +tensorboard (.*)$", printed.getvalue(), re.M)
    server.configure(argv=[None, *shlex.split(look), "--port", "0", "--load_fast", "false"])
    url = server.launch()

    def ask_for(path, **query):
        address = f"{url}data/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            return json.load(answer)

    def raw(path, **query):
        with urllib.request.urlopen(f"{url}data/{path}?{urllib.parse.urlencode(query)}", timeout=30) as answer:
            return answer.read().decode()

    def content(address):
        with urllib.request.urlopen(f"{url}data/{address}", timeout=30) as answer:
            return answer.read()

    ask_for.raw, ask_for.bytes = raw, content

    for _ in range(100):
        if len(ask_for("runs")) == 7 and "parity" in ask_for("plugin/scalars/tags"):
            return ask_for
        time.sleep(0.2)
    pytest.fail(f"the server shows only {ask_for('runs')}")


def test_both_sides_are_there_under_the_same_tags(ask):
    parts = {f"{side}/{part}" for side in ("handnn", "keras") for part in ("train", "validation")}
    assert set(ask("runs")) == parts | {"parity", "health", "."}
    scalars = ask("plugin/scalars/tags")
    assert set(scalars["handnn/train"]) == set(scalars["keras/train"])
    assert set(scalars["handnn/validation"]) == set(scalars["keras/validation"]) == {"epoch_loss", "epoch_accuracy"}
    trends = {f"digits/{layer}/{weight}/{statistic}" for layer in LAYERS for weight in ("kernel", "bias")
              for statistic in ("mean", "std", "norm", "min", "max")}  # fmt: skip
    assert trends | {"epoch_loss", "epoch_accuracy", "batch_loss"} <= set(scalars["handnn/train"])
    histograms = ask("plugin/histograms/tags")
    assert set(histograms["handnn/train"]) == set(histograms["keras/train"])
    wanted = {f"digits/{layer}/{weight}/histogram" for layer in LAYERS for weight in ("kernel", "bias")}
    assert wanted | {"digits/output/delta/histogram"} <= set(histograms["handnn/train"])
    images = ask("plugin/images/tags")
    wanted = {f"digits/{what}/image" for what in ("hidden_1/kernel", "hidden_1/kernel/gradient", "lit_up", "noise")}
    assert set(images["handnn/train"]) == set(images["keras/train"]) == wanted


def test_pictures_of_both_sides_are_served(ask):
    from PIL import Image

    for tag in ask("plugin/images/tags")["handnn/train"]:
        shown = {}
        for side in ("handnn", "keras"):
            epochs = ask("plugin/images/images", run=f"{side}/train", tag=tag, sample=0)
            assert [one["step"] for one in epochs] == [0, 1, 2]
            png = ask.bytes(f"plugin/images/individualImage?{epochs[-1]['query']}")
            shown[side] = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
        assert shown["handnn"].shape == shown["keras"].shape
        far = np.abs(shown["handnn"] - shown["keras"]).max(axis=-1) > 0
        assert far.mean() < 0.05, tag  # the last trace of Keras' side is that before the step: a shade apart at most


@pytest.mark.parametrize(
    "tag", ["epoch_loss", "epoch_accuracy", "digits/output/kernel/norm", "digits/hidden_1/bias/mean"]
)
def test_curves_lie_over_each_other(ask, tag):
    ours, theirs = (ask("plugin/scalars/scalars", run=f"{side}/train", tag=tag) for side in ("handnn", "keras"))
    assert [step for _, step, _ in ours] == [step for _, step, _ in theirs] == [0, 1, 2]
    drift = max(value for _, _, value in ask("plugin/scalars/scalars", run="parity", tag="agreement/drift"))
    for (_, _, a), (_, _, b) in zip(ours, theirs, strict=True):
        assert abs(a - b) <= 100 * drift  # each is a sum or mean over at most some hundred weights or samples


def test_histograms_have_thirty_buckets_and_every_weight(ask):
    for side in ("handnn", "keras"):
        epochs = ask("plugin/histograms/histograms", run=f"{side}/train", tag="digits/hidden_1/kernel/histogram")
        assert [step for _, step, _ in epochs] == [0, 1, 2]
        for _, _, buckets in epochs:
            assert len(buckets) == 30
            assert sum(count for _, _, count in buckets) == 64 * 6


def test_parity_curves(ask):
    tags = ask("plugin/scalars/tags")["parity"]
    wanted = {
        f"parity/{layer}/{tensor}" for layer in LAYERS for tensor in ("z", "a", "delta", "dW", "db", "kernel_stepped")
    }
    assert wanted | {"agreement/worst_error_over_allowance", "agreement/drift", "agreement/drift_log10"} <= set(tags)
    curve = ask("plugin/scalars/scalars", run="parity", tag="agreement/worst_error_over_allowance")
    assert all(0 <= value <= 1 for _, _, value in curve)


def test_activations_are_logged_of_both_sides(ask):
    for side in ("handnn", "keras"):
        found = ask("plugin/histograms/tags")[f"{side}/train"]
        assert {f"digits/{layer}/{tensor}/histogram" for layer in LAYERS for tensor in ("z", "a", "delta")} <= set(
            found
        )


def test_the_text_page_tells_of_the_run(ask):
    def text(tag):
        return ask("plugin/text/text", run=".", tag=tag)[0]["text"]

    assert {"run/1_command", "run/4_configuration", "run/0_verdict"} <= set(ask("plugin/text/tags")["."])
    assert "handnn train --epochs 3" in text("run/1_command")
    assert "64 inputs" in text("run/2_data") and "64-6-10" in text("run/3_network")
    assert "Verified:" in text("run/0_verdict") and "beta_1" in text("run/4_configuration")


def test_the_graph_opens_at_once(ask):
    assert ask("plugin/graphs/info")["."]["run_graph"]
    graph = ask.raw("plugin/graphs/graph", run=".", conceptual="false")
    assert re.findall(r'(?:name|op|input): "(.*)"', graph) == [
        "input", "Input", "hidden_1", "Dense", "input", "output", "Dense", "hidden_1",
    ]  # fmt: skip


def test_hyperparameters_stand_beside_the_results(ask):
    name = {
        "experimentName": "",
        "allowedStatuses": ["STATUS_SUCCESS"],
        "colParams": [],
        "startIndex": 0,
        "sliceSize": 9,
    }
    experiment = ask("plugin/hparams/experiment", request=json.dumps({"experimentName": ""}))
    assert {"optimizer", "learning_rate", "batch_size", "seed"} <= {own["name"] for own in experiment["hparamInfos"]}
    (group,) = ask("plugin/hparams/session_groups", request=json.dumps(name))["sessionGroups"]
    assert group["hparams"]["optimizer"] == "adam" and group["hparams"]["batch_size"] == 719
    values = {(v["name"]["group"], v["name"]["tag"]): v["value"] for v in group["metricValues"]}
    for side in ("handnn", "keras"):
        shown = ask("plugin/scalars/scalars", run=f"{side}/validation", tag="epoch_loss")[-1][2]
        assert values["", f"result/{side}_val_loss"] == pytest.approx(shown)
    assert 0 < values["", "result/worst_error_over_allowance"] <= 1


def test_custom_scalars_show_what_matters_first(ask):
    layout = ask("plugin/custom_scalars/layout")
    titles = [chart["title"] for category in layout["category"] for chart in category["chart"]]
    assert titles[:4] == ["loss", "accuracy", "worst error / allowance, and its limit", "drift of the weights, log10"]
    assert titles[4:] == ["gradient norm of each layer", "update / weight of each layer"]
    worst = layout["category"][1]["chart"][0]["multiline"]["tag"]
    drawn = [ask("plugin/custom_scalars/scalars", run="parity", tag=tag) for tag in worst]
    assert [found["regex_valid"] for found in drawn] == [True, True]
    assert {step for _, step, _ in drawn[1]["tag_to_events"]["agreement/limit"]} == {1, 2, 3, 4, 5, 6}
    assert {value for _, _, value in drawn[1]["tag_to_events"]["agreement/limit"]} == {1.0}


def test_every_tag_says_what_it_is(ask):
    for plugin in ("scalars", "histograms", "images", "text"):
        for run, found in ask(f"plugin/{plugin}/tags").items():
            named = found if plugin != "text" else {}
            for tag, about in named.items():
                assert about["description"], (plugin, run, tag)


def test_the_few_tags_that_matter_come_first(ask):
    tags = sorted(tag.partition("/")[0] for run in ask("plugin/scalars/tags").values() for tag in run)
    assert tags[0] == "agreement"
    own = [tag for tag in ask("plugin/scalars/tags")["parity"] if tag.startswith("agreement/")]
    assert sorted(own) == [f"agreement/{t}" for t in ("drift", "drift_log10", "limit", "worst_error_over_allowance")]
    drift, log = (ask("plugin/scalars/scalars", run="parity", tag=f"agreement/{t}") for t in ("drift", "drift_log10"))
    known = {step: value for _, step, value in drift if value > 0}
    assert known and {step: 10**value for _, step, value in log} == pytest.approx(known, rel=1e-5)


def test_the_largest_components_of_the_gradient_are_a_table(ask):
    told = ask("plugin/text/text", run="health", tag="gradient/largest")
    assert (
        [one["step"] for one in told] == [0, 1, 2] and "<table>" in told[-1]["text"] and "kernel[" in told[-1]["text"]
    )


def test_health_and_noise_are_curves(ask):
    found = ask("plugin/scalars/tags")["health"]
    assert {f"health_gradient_norm/{layer}" for layer in LAYERS} | {"confidence/noise", "confidence/validation"} <= set(
        found
    )
    noise = ask("plugin/scalars/scalars", run="health", tag="confidence/noise")
    assert [step for _, step, _ in noise] == [0, 1, 2] and all(0.1 <= value <= 1 for _, _, value in noise)


@pytest.mark.parametrize(("plugin", "run", "tag"), [
    ("scalars", "parity", "agreement/drift"),
    ("histograms", "keras/train", "digits/output/kernel/histogram"),
    ("images", "handnn/train", "digits/hidden_1/kernel/image"),
])  # fmt: skip
def test_the_page_of_time_series_shows_every_step(ask, plugin, run, tag):
    wanted = {"plugin": plugin, "tag": tag, "run": run} | ({"sample": 0} if plugin == "images" else {})
    (answer,) = ask("plugin/timeseries/timeSeries", requests=json.dumps([wanted]))
    shown = answer["runToSeries"][run]
    assert len(shown) == (6 if plugin == "scalars" else 3)


def test_distributions_narrow_towards_their_median(ask):
    for side in ("handnn", "keras"):
        epochs = ask("plugin/distributions/distributions", run=f"{side}/train", tag="digits/output/kernel/histogram")
        assert [step for _, step, _ in epochs] == [0, 1, 2]
        for _, _, percentiles in epochs:
            assert [value for _, value in percentiles] == sorted(value for _, value in percentiles)
