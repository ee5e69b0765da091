"""What a browser gets: a TensorBoard server on the logs of a run, asked over HTTP."""

import json
import sys
import time
import urllib.parse
import urllib.request

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
    try:
        with pytest.raises(SystemExit) as ended:
            cli.main()
    finally:
        sys.argv = kept
        tf.config.run_functions_eagerly(False)
    assert ended.value.code == 0
    server = program.TensorBoard(default.get_plugins())
    server.configure(argv=[None, "--logdir", str(folder / "r"), "--port", "0", "--load_fast", "false"])
    url = server.launch()

    def ask_for(path, **query):
        address = f"{url}data/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            return json.load(answer)

    for _ in range(100):
        if len(ask_for("runs")) == 6 and "parity" in ask_for("plugin/scalars/tags"):
            return ask_for
        time.sleep(0.2)
    pytest.fail(f"the server shows only {ask_for('runs')}")


def test_both_sides_are_there_under_the_same_tags(ask):
    assert set(ask("runs")) == {
        "handnn/train",
        "handnn/validation",
        "keras/train",
        "keras/validation",
        "parity",
        "health",
    }
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
    assert set(images["handnn/train"]) == set(images["keras/train"]) == {"digits/hidden_1/kernel/image"}


@pytest.mark.parametrize(
    "tag", ["epoch_loss", "epoch_accuracy", "digits/output/kernel/norm", "digits/hidden_1/bias/mean"]
)
def test_curves_lie_over_each_other(ask, tag):
    ours, theirs = (ask("plugin/scalars/scalars", run=f"{side}/train", tag=tag) for side in ("handnn", "keras"))
    assert [step for _, step, _ in ours] == [step for _, step, _ in theirs] == [0, 1, 2]
    drift = max(value for _, _, value in ask("plugin/scalars/scalars", run="parity", tag="drift/max"))
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
    assert wanted | {"parity/worst_error_over_allowance", "drift/max"} <= set(tags)
    curve = ask("plugin/scalars/scalars", run="parity", tag="parity/worst_error_over_allowance")
    assert all(0 <= value <= 1 for _, _, value in curve)
