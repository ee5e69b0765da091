"""A strict reader of TensorBoard event files, without TensorFlow.

An event file is a row of records (TFRecord): length, uint64; its checksum, uint32; the data; their checksum,
uint32; all little-endian, the checksums masked CRC32C. A writer that was killed leaves at most an incomplete
last record, a truncated tail, which is reported. Anything else that does not fit is an error. TensorBoard's
own reader stops there without a word.
"""

import os
import struct
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

__all__ = ["EventLog", "read_events", "series"]

_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")


@dataclass(frozen=True)
class EventLog:
    """The result of `read_events`; iterating over it yields the events.

    Attributes:
        events: all events in the order of the files and within them.
        trailing_bytes: total bytes of incomplete records at the ends of the files.
        files: the paths that were read.
    """

    events: tuple["Event", ...]
    trailing_bytes: int
    files: tuple[str, ...]

    @property
    def records(self) -> int:
        """Number of complete records."""
        return len(self.events)

    def __iter__(self) -> Iterator["Event"]:
        return iter(self.events)


def read_events(path: str | os.PathLike[str]) -> EventLog:
    """Read an event file, or all event files in a folder in the order of their names, as TensorBoard does.

    Raises:
        ValueError: there is no event file, a checksum is wrong, data are not an event, or a file does not begin
            with the version of TensorBoard's event files.
    """
    files = _event_files(os.fspath(path))
    events: list[Event] = []
    trailing = 0
    for file in files:
        with open(file, "rb") as opened:
            content = opened.read()
        found, rest = _parse(content, file)
        events += found
        trailing += rest
    return EventLog(tuple(events), trailing, tuple(files))


def series(directory: str | os.PathLike[str]) -> dict[str, list[tuple[int, Any]]]:
    """Return all logged values of a run, {tag: [(step, value), ...]}, in the order of writing.

    A value is a float for a scalar, an array (k, 3) for a histogram, a string for a text or a model, and the
    number of pictures for an image. Values of other plugins are omitted. `directory` may also be an event file.
    Raises as `read_events`.
    """
    plugins: dict[str, str] = {}
    found: dict[str, list[tuple[int, Any]]] = defaultdict(list)
    for event in read_events(directory):
        for value in event.summary.value:
            plugin = plugins.setdefault(value.tag, value.metadata.plugin_data.plugin_name)
            if plugin in _DECODE:
                found[value.tag].append((event.step, _DECODE[plugin](value)))
    return dict(found)


def _event_files(path: str) -> list[str]:
    if not os.path.isdir(path):
        if not os.path.exists(path):
            raise ValueError(f"path: there is no file or folder {path}")
        return [path]
    files = [os.path.join(path, name) for name in sorted(os.listdir(path)) if "tfevents" in name]
    if not files:
        raise ValueError(f"path: the folder {path} holds no event files (name with 'tfevents')")
    return files


def _parse(content: bytes, file: str) -> tuple[list["Event"], int]:
    """Return the events of one file, and the number of bytes of an incomplete last record."""
    from google.protobuf.message import DecodeError
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

    events: list[Event] = []
    offset = 0
    while True:
        where = f"{file}: record {len(events)} at byte {offset}"
        data = _record(content, offset, where, masked_crc32c)
        if data is None:
            return events, len(content) - offset
        try:
            events.append(Event.FromString(data))
        except DecodeError as error:
            raise ValueError(f"{where} is not an event ({error})") from None
        if not events[0].file_version.startswith("brain.Event:"):
            raise ValueError(f"{file}: does not begin with a version of event files")
        offset += _HEADER.size + len(data) + _FOOTER.size


def _record(content: bytes, offset: int, where: str, checksum: Callable[[bytes], int]) -> bytes | None:
    """Return the data of the record at `offset`, or None if the file ends before the record does."""
    start = offset + _HEADER.size
    if start > len(content):
        return None
    length, length_sum = _HEADER.unpack_from(content, offset)
    if checksum(content[offset : offset + 8]) != length_sum:
        raise ValueError(f"{where} is corrupt: the checksum of its length is wrong")
    end = start + length
    if end + _FOOTER.size > len(content):
        return None
    data = content[start:end]
    if checksum(data) != _FOOTER.unpack_from(content, end)[0]:
        raise ValueError(f"{where} is corrupt: the checksum of its {length} bytes is wrong")
    return data


def _scalar(value: "Summary.Value") -> float:
    from tensorboard.util.tensor_util import make_ndarray

    return float(make_ndarray(value.tensor))


def _histogram(value: "Summary.Value") -> Any:
    from tensorboard.util.tensor_util import make_ndarray

    return make_ndarray(value.tensor)


def _text(value: "Summary.Value") -> str:
    return "\n".join(part.decode("utf-8") for part in value.tensor.string_val)


def _pictures(value: "Summary.Value") -> int:
    return len(value.tensor.string_val) - 2  # the first two are the width and the height


_DECODE: dict[str, Callable[["Summary.Value"], Any]] = {
    "scalars": _scalar,
    "histograms": _histogram,
    "text": _text,
    "graph_keras_model": _text,
    "images": _pictures,
}
