"""The writer's records are those of `tf.summary`, and what is written stays written."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from handnn.tensorboard.histogram import buckets
from handnn.tensorboard.read import read_events, series
from handnn.tensorboard.tags import description
from handnn.tensorboard.writer import EventWriter, ensure_new_run

ROOT = Path(__file__).parents[2]
GREY = np.arange(12, dtype=np.uint8).reshape(3, 4)
COLOUR = np.arange(36, dtype=np.uint8).reshape(3, 4, 3) * 7
KERNEL = np.random.default_rng(0).standard_normal((8, 5)).astype(np.float32)


@pytest.fixture(scope="module")
def model_json():
    import keras

    layers = [keras.layers.Input((4,), name="input"), keras.layers.Dense(2, name="output")]
    return keras.Sequential(layers, name="digits").to_json()


@pytest.fixture(scope="module")
def tf_events(tmp_path_factory, model_json):
    """The events of `tf.summary` and of Keras' model summary for the values that `write_all` writes."""
    import tensorflow as tf
    from keras.src.callbacks.tensorboard import keras_model_summary

    class Model:
        to_json = staticmethod(lambda: model_json)

    folder = tmp_path_factory.mktemp("tf")
    writer = tf.summary.create_file_writer(str(folder))
    with writer.as_default():
        tf.summary.scalar("loss", 0.1, step=3)
        tf.summary.scalar("zero", np.float64(0), step=0)
        tf.summary.histogram("kernel/histogram", KERNEL, step=1)
        tf.summary.text("note", "one *two* drei ß", step=2)
        keras_model_summary("keras", Model, step=0)
        tf.summary.image("grey", GREY[None, :, :, None], step=4)
        tf.summary.image("colours", np.stack([COLOUR, 255 - COLOUR]), step=5)
    writer.close()
    return list(read_events(folder))


def write_all(folder: Path, model_json: str) -> None:
    with EventWriter(folder) as writer:
        writer.scalar("loss", 0.1, 3)
        writer.scalar("zero", np.float64(0), 0)
        writer.histogram("kernel/histogram", KERNEL, 1)
        writer.text("note", "one *two* drei ß", 2)
        writer.graph_keras_model(model_json)
        writer.image("grey", GREY, 4)
        writer.image("colours", [COLOUR, 255 - COLOUR], 5)


def decoded(png: bytes) -> tuple[str, bytes]:
    import io

    from PIL import Image

    picture = Image.open(io.BytesIO(png))
    mode = "L" if picture.mode == "L" else "RGB"
    return mode, picture.convert(mode).tobytes()


def test_records_are_those_of_tf_summary(tf_events, tmp_path, model_json):
    """Byte for byte, but for the clock and for how the encoder packed a PNG."""
    write_all(tmp_path, model_json)
    ours = list(read_events(tmp_path))
    assert len(ours) == len(tf_events) == 8
    assert ours[0].file_version == tf_events[0].file_version
    for our, their in zip(ours[1:], tf_events[1:], strict=True):
        assert our.wall_time > 1e9
        (mine,), (yours,) = our.summary.value, their.summary.value
        if mine.metadata.plugin_data.plugin_name == "images":
            pairs = zip(mine.tensor.string_val[2:], yours.tensor.string_val[2:], strict=True)
            assert all(decoded(one) == decoded(other) for one, other in pairs)
            mine.tensor.string_val[2:] = yours.tensor.string_val[2:]
        our.wall_time = their.wall_time
        assert our.SerializeToString(deterministic=True) == their.SerializeToString(deterministic=True)


def test_tensorboard_reads_it(tmp_path, model_json):
    pytest.importorskip("tensorflow")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.graph.keras_util import keras_model_to_graph_def
    from tensorboard.util.tensor_util import make_ndarray

    write_all(tmp_path, model_json)
    values = np.random.default_rng(0).standard_normal(30)
    with EventWriter(tmp_path / "curve") as writer:
        for step, value in enumerate(values):
            writer.scalars({"a": value, "b": np.float32(-value), "count": step}, step)
    accumulator = EventAccumulator(str(tmp_path / "curve"), size_guidance={"tensors": 0}).Reload()
    assert accumulator.Tags()["tensors"] == ["a", "b", "count"]
    for tag, expected in (("a", values), ("b", -values), ("count", np.arange(30))):
        events = accumulator.Tensors(tag)
        assert [event.step for event in events] == list(range(30))
        assert [make_ndarray(event.tensor_proto) for event in events] == list(expected.astype(np.float32))
        assert accumulator.SummaryMetadata(tag).plugin_data.plugin_name == "scalars"
    accumulator = EventAccumulator(str(tmp_path), size_guidance={"tensors": 0}).Reload()
    (event,) = accumulator.Tensors("kernel/histogram")
    assert make_ndarray(event.tensor_proto).tobytes() == buckets(KERNEL).tobytes()
    graph = keras_model_to_graph_def(json.loads(series(tmp_path)["keras"][0][1]))
    assert [node.name for node in graph.node] == ["digits/input", "digits/output"]


def test_the_first_value_of_a_tag_brings_its_description(tmp_path):
    with EventWriter(tmp_path, described=True) as writer:
        for step in range(3):
            writer.scalar("epoch_loss", 1.0, step)
    _, *events = read_events(tmp_path)
    found = [value.metadata.summary_description for event in events for value in event.summary.value]
    assert found == [description("epoch_loss"), "", ""] and found[0]


def test_many_scalars_are_one_record(tmp_path):
    with EventWriter(tmp_path) as writer:
        writer.scalars({"a": 1, "b": True, "c": np.float64(1e300)}, 7)
    log = read_events(tmp_path)
    assert log.records == 2
    assert series(tmp_path) == {"a": [(7, 1.0)], "b": [(7, 1.0)], "c": [(7, np.inf)]}


@pytest.mark.parametrize("start", [0, 1, 126, 2**14 - 2, 2**35 - 2, 2**56 - 2])
def test_curves_are_the_records_of_scalars(tmp_path, monkeypatch, start):
    """Byte for byte: of steps that take one byte more from one record to the next, of any values."""
    monkeypatch.setattr("time.time", lambda: 1.5e9)
    rng = np.random.default_rng(start)
    steps = start + np.concatenate([np.arange(5), np.sort(rng.integers(5, 4000, 40))])
    values = {"a": rng.standard_normal(45) * 10.0 ** rng.integers(-60, 60, 45), "b/c": rng.standard_normal(45)}
    values["d"] = -values["b/c"]
    values["a"][[0, 3, 7]] = np.nan, np.inf, 0
    with EventWriter(tmp_path / "one") as one, EventWriter(tmp_path / "two") as two:
        one.curves(values, steps)
        for i, step in enumerate(steps):
            two.scalars({tag: line[i] for tag, line in values.items()}, step)
    assert Path(one.path).read_bytes() == Path(two.path).read_bytes()


def test_a_curve_may_have_several_values_at_step_0(tmp_path):
    with EventWriter(tmp_path) as writer:
        writer.curves({"a": np.arange(4.0)}, np.array([0, 0, 0, 1]))
    assert series(tmp_path) == {"a": [(0, 0.0), (0, 1.0), (0, 2.0), (1, 3.0)]}


def test_curves_of_bad_input_write_nothing(tmp_path):
    with EventWriter(tmp_path) as writer:
        writer.curves({}, np.arange(3))
        writer.curves({"a": np.zeros(0)}, np.arange(0))
        for values, steps, message in (
            ({"a": np.zeros(3)}, np.arange(2), "got shape .3,., expected 2 real numbers, one for each step"),
            ({"a": np.zeros(2)}, np.arange(-1, 1), "steps: got -1, expected steps >= 0"),
            ({"": np.zeros(2)}, np.arange(2), "tag: got an empty string"),
        ):
            with pytest.raises(ValueError, match=message):
                writer.curves(values, steps)
    assert read_events(tmp_path).records == 1


def test_two_writers_of_one_folder_have_two_files(tmp_path):
    with EventWriter(tmp_path) as one, EventWriter(tmp_path) as other:
        assert one.path != other.path
        one.scalar("a", 1, 0)
        other.scalar("b", 2, 0)
    assert series(tmp_path) == {"a": [(0, 1.0)], "b": [(0, 2.0)]}


def test_closed_writer(tmp_path):
    writer = EventWriter(tmp_path)
    writer.close()
    writer.close()
    for write in (
        lambda: writer.scalar("a", 1, 0),
        lambda: writer.histogram("a", KERNEL, 0),
        lambda: writer.text("a", "b", 0),
        lambda: writer.image("a", GREY, 0),
    ):
        with pytest.raises(ValueError, match=r"event writer of .* is closed"):
            write()
    assert read_events(tmp_path).records == 1


@pytest.mark.parametrize(
    ("write", "error", "message"),
    [
        (lambda w: w.scalar("", 1, 0), ValueError, "tag: got an empty string"),
        (lambda w: w.scalar(3, 1, 0), TypeError, "tag: got int"),
        (lambda w: w.scalar("a", "1", 0), TypeError, "value of 'a': got str"),
        (lambda w: w.scalar("a", 1j, 0), TypeError, "value of 'a': got complex"),
        (lambda w: w.scalar("a", None, 0), TypeError, "value of 'a': got NoneType"),
        (lambda w: w.scalar("a", [1.0], 0), ValueError, r"value of 'a': got shape \(1,\)"),
        (lambda w: w.scalar("a", 1, 0.5), TypeError, "step: got float"),
        (lambda w: w.scalar("a", 1, 2**63), ValueError, "step: got 9223372036854775808"),
        (lambda w: w.histogram("a", ["x"], 0), TypeError, "array: got dtype <U1"),
        (lambda w: w.text("a", b"x", 0), TypeError, "markdown: got bytes"),
        (lambda w: w.image("a", KERNEL, 0), TypeError, "pixels: got dtype float32"),
        (lambda w: w.image("a", GREY[0], 0), ValueError, r"pixels: got shape \(4,\)"),
        (lambda w: w.image("a", [], 0), ValueError, r"pixels: got pictures of sizes \[\]"),
        (lambda w: w.image("a", [GREY, GREY.T], 0), ValueError, "expected one size for all"),
        (lambda w: w.graph_keras_model("{"), ValueError, "json_text: got .* should be model.to_json"),
        (lambda w: w.graph_keras_model("[]"), ValueError, "json_text: got JSON without 'config'"),
    ],
)
def test_bad_input_writes_nothing(tmp_path, write, error, message):
    with EventWriter(tmp_path) as writer:
        with pytest.raises(error, match=message):
            write(writer)
        writer.scalar("still", 1, 0)
    assert series(tmp_path) == {"still": [(0, 1.0)]}


def test_a_path_that_is_not_a_folder(tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    for path in (file, file / "run"):
        with pytest.raises(ValueError, match=r"directory: .* is not a folder"):
            EventWriter(path)
    with pytest.raises(ValueError, match=r"directory: .* is not a folder"):
        ensure_new_run(file)
    assert file.read_text() == "mine"


def test_a_run_is_not_mixed_with_another(tmp_path):
    ensure_new_run(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    (tmp_path / "notes.txt").write_text("no run")
    ensure_new_run(tmp_path)
    EventWriter(tmp_path / "keras" / "train").close()
    before = sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
    for folder in (tmp_path, tmp_path / "keras", tmp_path / "keras" / "train"):
        with pytest.raises(ValueError, match="already holds a run") as caught:
            ensure_new_run(folder)
        assert "\n" not in str(caught.value)
    assert before == sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))


def run_python(code: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)


def test_tensorflow_is_never_imported(tmp_path):
    code = """
import sys
import handnn.tensorboard.writer, handnn.tensorboard.read, handnn.tensorboard.pictures
print([name for name in ("tensorboard", "google.protobuf", "PIL") if name in sys.modules])
import numpy as np
with handnn.tensorboard.writer.EventWriter(sys.argv[1]) as writer:
    writer.scalar("a", 1.0, 0)
    writer.histogram("h", np.arange(9.0), 0)
    writer.image("i", handnn.tensorboard.pictures.diverging(np.eye(3)), 0)
    writer.text("t", "text", 0)
    writer.graph_keras_model('{"config": {}}')
assert len(handnn.tensorboard.read.series(sys.argv[1])) == 5
print([name for name in ("tensorflow", "keras") if name in sys.modules])
"""
    assert run_python(code, tmp_path).stdout.splitlines() == ["[]", "[]"]


@pytest.mark.slow
def test_a_killed_process_loses_nothing(tmp_path):
    code = """
import itertools, sys
import numpy as np
from handnn.tensorboard.tags import description
from handnn.tensorboard.writer import EventWriter
writer = EventWriter(sys.argv[1])
for step in itertools.count():
    writer.scalar("a", step, step)
    writer.histogram("h", np.arange(float(step + 2)), step)
    print(step, flush=True)
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if int(line) == 50:
                break
        process.send_signal(signal.SIGKILL)
        reported = [int(line) for line in process.stdout.read().split()] or [50]
    found = series(tmp_path)
    for tag in ("a", "h"):
        steps = [step for step, _ in found[tag]]
        assert steps == list(range(len(steps)))
        assert len(steps) > reported[-1]


@pytest.mark.slow
def test_a_full_disk_makes_the_writer_useless_but_not_the_file(tmp_path):
    """The limit cuts a record in two; whatever was whole before is read, and nothing is appended after it."""
    code = """
import resource, sys
from handnn.tensorboard.tags import description
from handnn.tensorboard.writer import EventWriter
writer = EventWriter(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
step = 0
try:
    while True:
        writer.text("t", "text", step)
        step += 1
except OSError as error:
    print(step, type(error).__name__)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    writer.scalar("a", 1, 0)
except ValueError as error:
    print(error)
"""
    first, second = run_python(code, tmp_path).stdout.splitlines()
    written, error = first.split()
    assert error == "OSError"
    assert "unusable after OSError" in second
    log = read_events(tmp_path)
    assert log.records == int(written) + 1
    assert os.path.getsize(log.files[0]) == 1000
    assert log.trailing_bytes > 0


def test_a_message_made_elsewhere_is_written_as_it_is(tmp_path):
    from tensorboard.compat.proto.summary_pb2 import Summary

    message = Summary(value=[Summary.Value(tag="made elsewhere", simple_value=0.5)])
    with EventWriter(tmp_path) as writer:
        writer.summary(message, 7)
    (event,) = [event for event in read_events(tmp_path) if event.HasField("summary")]
    assert event.step == 7 and event.summary == message
