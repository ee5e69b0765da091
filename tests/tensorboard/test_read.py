"""The strict reader: every byte of a file is accounted for."""

import itertools
import struct

import numpy as np
import pytest

from handnn.tensorboard import writer
from handnn.tensorboard.read import read_events, series
from handnn.tensorboard.writer import EventWriter


@pytest.fixture
def event_file(tmp_path):
    """A file of four small records, and the byte at which each of them begins and the last one ends."""
    with EventWriter(tmp_path / "run") as writer:
        writer.scalars({"a": 1.5, "b": 2}, 3)
        writer.text("note", "x", 4)
        writer.scalar("a", -1, 5)
    (file,) = (tmp_path / "run").iterdir()
    content, offsets = file.read_bytes(), [0]
    while offsets[-1] < len(content):
        (length,) = struct.unpack_from("<Q", content, offsets[-1])
        offsets.append(offsets[-1] + 16 + length)
    assert len(offsets) == 5
    return file, content, offsets


def test_reads_everything(event_file):
    file, _, _ = event_file
    for path in (file, file.parent, str(file)):
        log = read_events(path)
        assert (log.records, log.trailing_bytes, log.files) == (4, 0, (str(file),))
        assert [event.step for event in log] == [0, 3, 4, 5]
        assert series(path) == {"a": [(3, 1.5), (5, -1.0)], "b": [(3, 2.0)], "note": [(4, "x")]}


def test_cut_off_anywhere(event_file):
    """A file cut at any byte gives the records that are whole and the number of bytes that are left."""
    file, content, offsets = event_file
    for size in range(len(content) + 1):
        file.write_bytes(content[:size])
        whole = max(index for index, offset in enumerate(offsets) if offset <= size)
        log = read_events(file)
        assert (log.records, log.trailing_bytes) == (whole, size - offsets[whole])


def test_any_changed_byte(event_file):
    file, content, offsets = event_file
    for position in range(len(content)):
        changed = bytearray(content)
        changed[position] ^= 1 << position % 8
        file.write_bytes(changed)
        record = max(index for index, offset in enumerate(offsets) if offset <= position)
        with pytest.raises(ValueError, match=f"record {record} at byte {offsets[record]} is corrupt"):
            read_events(file)


def test_a_missing_or_repeated_part(event_file):
    """Appending after a cut-off tail, as a writer must not do, is an error and not a shorter run."""
    file, content, offsets = event_file
    file.write_bytes(content[: offsets[2] - 5] + content[offsets[2] :])
    with pytest.raises(ValueError, match=r"record 1 at byte .* is corrupt"):
        read_events(file)


def test_two_files_of_one_run(event_file):
    file, content, _ = event_file
    file.write_bytes(content[:-3])
    with EventWriter(file.parent) as writer:
        writer.scalar("a", 7, 6)
    (file.parent / "notes.txt").write_text("no events")
    log = read_events(file.parent)
    assert (log.records, len(log.files)) == (3 + 2, 2)
    assert log.trailing_bytes > 0
    assert series(file.parent)["a"] == [(3, 1.5), (6, 7.0)]


def test_histograms_and_pictures(tmp_path):
    with EventWriter(tmp_path) as writer:
        writer.histogram("h", np.arange(60), 1)
        writer.image("i", [np.zeros((2, 3), np.uint8)] * 4, 2)
    found = series(tmp_path)
    ((step, table),) = found["h"]
    assert step == 1
    assert table.shape == (30, 3)
    assert table[:, 2].tolist() == [2.0] * 30
    assert found["i"] == [(2, 4)]


def test_foreign_files(tmp_path):
    with pytest.raises(ValueError, match="path: there is no file or folder"):
        read_events(tmp_path / "missing")
    with pytest.raises(ValueError, match="holds no event files"):
        read_events(tmp_path)
    foreign = tmp_path / "foreign"
    foreign.write_bytes(b"PK\x03\x04 this is something else")
    with pytest.raises(ValueError, match="record 0 at byte 0 is corrupt"):
        read_events(foreign)


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"\xff\xff", "is not an event"), (b"", "does not begin with a version of event files")],
)
def test_whole_records_that_are_no_events(tmp_path, data, message):
    from tensorboard.summary.writer.record_writer import RecordWriter

    file = tmp_path / "records"
    with open(file, "xb") as opened:
        RecordWriter(opened).write(data)
    with pytest.raises(ValueError, match=message):
        read_events(file)


def test_files_of_one_second_are_read_in_the_order_they_were_opened(tmp_path, monkeypatch):
    """Readers, TensorBoard's too, take the files of a folder in order of name: 10 must not come before 9."""
    monkeypatch.setattr(writer, "_numbers", itertools.count(8))
    monkeypatch.setattr(writer.time, "time", lambda: 1.5e9)
    for step in range(4):
        with EventWriter(tmp_path) as events:
            events.scalar("a", step, step)
    assert series(tmp_path) == {"a": [(step, float(step)) for step in range(4)]}
