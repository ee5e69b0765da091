"""Writes one TensorBoard event file without TensorFlow.

Every record is the one that ``tf.summary`` writes for the same value: a tensor with the plugin's metadata. As in
TensorFlow's files, ``data_class`` is empty; TensorBoard fills it in when reading.

The file is new, opened exclusively and unbuffered, so a killed process loses nothing that it has logged.
Importing this module is fast: the ``tensorboard`` package and its protocol buffers are imported by the first
writer.
"""

import contextlib
import itertools
import json
import operator
import os
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from . import tags
from .histogram import buckets
from .pictures import png_bytes
from .records import records

if TYPE_CHECKING:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboard.compat.proto.tensor_pb2 import TensorProto

__all__ = ["EventWriter", "ensure_new_run"]

_numbers = itertools.count()
"""The last part of a file name: two writers of one process never share a file. Readers take files in order of name."""


class EventWriter:
    """Writes scalars, histograms, pictures and texts of one run into one new event file.

    Args:
        described: whether the first value of each tag brings its description, `tags.description`.
        directory: the run's folder, created if missing. A folder with event files gets one more, which is how
            a run is resumed; ``ensure_new_run`` refuses such a folder.

    Raises:
        ValueError: `directory` is not a folder.

    A `tag` is a non-empty string, a `step` an integer that fits int64. Every method raises

    - TypeError for a tag, step or value of the wrong type;
    - ValueError for an empty tag, a step beyond int64, a value of the wrong shape, or if the writer is closed or
      has failed. Nothing is written then;
    - OSError if the file cannot be written, as on a full disk. After that the writer is unusable: a reader stops
      at the first incomplete record, so nothing may follow it.
    """

    def __init__(self, directory: str | os.PathLike[str], described: bool = False) -> None:
        self._protos = _Protos()
        self._described = described
        self._seen: set[str] = set()
        self._file = _WholeWrites(_open_new_file(os.fspath(directory)))
        self._records = self._protos.record_writer(self._file)
        self._unusable = ""
        try:
            self._write(self._protos.event(wall_time=time.time(), file_version="brain.Event:2"))
        except BaseException:
            self.close()
            raise

    @property
    def path(self) -> str:
        """The path of the event file."""
        return self._file.path

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Write one number as float32, the only precision of the scalar dashboard."""
        self.scalars({tag: value}, step)

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Write numbers, {tag: value}, in one record, with one checksum and one system call."""
        metadata = self._protos.metadata("scalars")
        found = [self._value(tag, self._numbers(_scalar(value, tag)), metadata) for tag, value in values.items()]
        self._summary(self._protos.summary(value=found), step)

    def curves(self, values: Mapping[str, np.ndarray], steps: np.ndarray) -> None:
        """Write curves, {tag: (n,) numbers}, at (n,) steps >= 0: the records of `scalars`, encoded together."""
        at = np.array([_int64(step) for step in steps], np.int64)
        if at.size and at.min() < 0:
            raise ValueError(f"steps: got {at.min()}, expected steps >= 0")
        lines = [_scalars(value, tag, (len(at),)) for tag, value in values.items()]
        if not lines or not at.size:
            return
        self.scalars({tag: line[0] for tag, line in zip(values, lines, strict=True)}, int(at[0]))
        now, metadata, shape = time.time(), self._protos.metadata("scalars"), self._shape(())

        def event(step: int, numbers: bytes) -> bytes:
            found = []
            for i, tag in enumerate(values):
                tensor = self._protos.tensor(dtype=self._protos.types.DT_FLOAT, tensor_shape=shape)
                tensor.tensor_content = numbers[4 * i : 4 * i + 4]
                found.append(self._protos.summary.Value(tag=tag, tensor=tensor, metadata=metadata))
            whole = self._protos.event(wall_time=now, step=step, summary=self._protos.summary(value=found))
            encoded: bytes = whole.SerializeToString()
            return encoded

        content = records(event, at[1:], np.stack(lines, axis=1)[1:])
        self._written(lambda: self._file.write(content))

    def histogram(self, tag: str, array: np.ndarray, step: int) -> None:
        """Write the histogram of all elements of `array`, any shape; see ``histogram.buckets``."""
        self._one(tag, self._numbers(buckets(array)), "histograms", step)

    def image(self, tag: str, pixels: np.ndarray | list[np.ndarray], step: int) -> None:
        """Write an image, uint8 of shape (h, w) or (h, w, 3), or a list of images of one size."""
        pictures = pixels if isinstance(pixels, (list, tuple)) else [np.asarray(pixels)]
        encoded = [png_bytes(picture) for picture in pictures]
        sizes = {np.shape(picture)[:2] for picture in pictures}
        if len(sizes) != 1:
            raise ValueError(f"pixels: got pictures of sizes {sorted(sizes)}, expected one size for all")
        height, width = sizes.pop()
        strings = [str(width).encode(), str(height).encode(), *encoded]
        self._one(tag, self._strings(strings, (len(strings),)), "images", step)

    def text(self, tag: str, markdown: str, step: int) -> None:
        """Write a text, which TensorBoard renders as Markdown."""
        self._one(tag, self._strings([_utf8(markdown, "markdown")], ()), "text", step)

    def graph_keras_model(self, json_text: str) -> None:
        """Write Keras' ``model.to_json()`` for the graph dashboard, as Keras' callback does."""
        encoded = _utf8(json_text, "json_text")
        try:
            config = json.loads(json_text)
        except json.JSONDecodeError as error:
            raise ValueError(f"json_text: got {error} in text that should be model.to_json()") from None
        if not isinstance(config, dict) or "config" not in config:
            raise ValueError("json_text: got JSON without 'config', expected model.to_json()")
        self._one(tags.KERAS_MODEL, self._strings([encoded], ()), "graph_keras_model", 0)

    def graph(self, nodes: Iterable[tuple[str, str, Iterable[str], Mapping[str, str]]]) -> None:
        """Write the graph that the graph dashboard opens with.

        A node is (name, kind, names of the nodes that it reads, attributes to show).
        """
        from tensorboard.compat.proto.graph_pb2 import GraphDef

        graph = GraphDef()
        for name, kind, inputs, attributes in nodes:
            node = graph.node.add(name=name, op=kind, input=inputs)
            for key, text in attributes.items():
                node.attr[key].s = _utf8(text, key)
        self._write(self._protos.event(wall_time=time.time(), graph_def=graph.SerializeToString()))

    def summary(self, summary: "Summary", step: int) -> None:
        """Write a message made by a plugin's module, such as those of the HParams page."""
        self._summary(summary, step)

    def close(self) -> None:
        """Close the file. A second call does nothing; a method called after it raises ValueError."""
        self._unusable = self._unusable or "closed"
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _one(self, tag: str, tensor: "TensorProto", plugin: str, step: int) -> None:
        value = self._value(tag, tensor, self._protos.metadata(plugin))
        self._summary(self._protos.summary(value=[value]), step)

    def _value(self, tag: str, tensor: "TensorProto", metadata: "SummaryMetadata") -> "Summary.Value":
        if not isinstance(tag, str):
            raise TypeError(f"tag: got {type(tag).__name__}, expected a string")
        if not tag:
            raise ValueError("tag: got an empty string, expected a name such as 'epoch_loss'")
        if self._described and tag not in self._seen:  # TensorBoard takes it from a tag's first value
            self._seen.add(tag)
            metadata = self._protos.with_description(metadata, tags.description(tag))
        return self._protos.summary.Value(tag=tag, tensor=tensor, metadata=metadata)

    def _numbers(self, array: np.ndarray) -> "TensorProto":
        """A tensor of float32 or float64, little-endian bytes as TensorFlow writes them."""
        kind = self._protos.types.DT_FLOAT if array.dtype == np.float32 else self._protos.types.DT_DOUBLE
        content = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        return self._protos.tensor(dtype=kind, tensor_shape=self._shape(array.shape), tensor_content=content)

    def _strings(self, strings: list[bytes], shape: tuple[int, ...]) -> "TensorProto":
        kind = self._protos.types.DT_STRING
        return self._protos.tensor(dtype=kind, tensor_shape=self._shape(shape), string_val=strings)

    def _shape(self, shape: Iterable[int]) -> Any:
        return self._protos.shape(dim=[self._protos.shape.Dim(size=size) for size in shape])

    def _summary(self, summary: "Summary", step: int) -> None:
        self._write(self._protos.event(wall_time=time.time(), step=_int64(step), summary=summary))

    def _write(self, event: "Event") -> None:
        self._written(lambda: self._records.write(event.SerializeToString()))

    def _written(self, write: Callable[[], object]) -> None:
        if self._unusable:
            raise ValueError(f"the event writer of {self.path} is {self._unusable}: open a new one to continue")
        try:
            write()
        except BaseException as error:  # KeyboardInterrupt too: the record may be half written
            self._unusable = f"unusable after {type(error).__name__}: {error}"
            raise


def ensure_new_run(directory: str | os.PathLike[str]) -> None:
    """Check that a folder holds no run, that is, no event files in it or anywhere below it.

    Raises:
        ValueError: it holds a run, or the path is not a folder.
    """
    top = os.fspath(directory)
    if not os.path.lexists(top):
        return
    if not os.path.isdir(top):
        raise ValueError(f"directory: {top} is not a folder")
    for folder, _, names in os.walk(top, onerror=_raise):
        for name in sorted(names):
            if "tfevents" in name:  # what TensorBoard takes for an event file
                found = os.path.join(folder, name)
                raise ValueError(f"directory: {top} already holds a run ({found}), expected a new folder")


class _Protos:
    """The parts of the ``tensorboard`` package that a writer needs, imported with the first writer."""

    def __init__(self) -> None:
        from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
        from tensorboard.plugins.histogram import metadata as histogram
        from tensorboard.plugins.image import metadata as image
        from tensorboard.plugins.scalar import metadata as scalar
        from tensorboard.plugins.text import metadata as text
        from tensorboard.summary.writer.record_writer import RecordWriter

        self.event, self.summary = event_pb2.Event, summary_pb2.Summary
        self.tensor, self.shape = tensor_pb2.TensorProto, tensor_shape_pb2.TensorShapeProto
        self.types = types_pb2
        self.record_writer = RecordWriter
        self._metadata = {
            plugin.PLUGIN_NAME: plugin.create_summary_metadata(display_name=None, description=None)
            for plugin in (scalar, histogram, image, text)
        }
        plugin_data = summary_pb2.SummaryMetadata.PluginData(plugin_name="graph_keras_model", content=b"1")
        self._metadata["graph_keras_model"] = summary_pb2.SummaryMetadata(plugin_data=plugin_data)

    def metadata(self, plugin: str) -> "SummaryMetadata":
        """The metadata of a plugin's values, without a description, as ``tf.summary`` writes it."""
        return self._metadata[plugin]

    @staticmethod
    def with_description(metadata: "SummaryMetadata", text: str) -> "SummaryMetadata":
        """A copy of the metadata with a description."""
        described = type(metadata)()
        described.CopyFrom(metadata)
        described.summary_description = text
        return described


class _WholeWrites:
    """An unbuffered file whose write() writes every byte or raises; a system call may write only some."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.path: str = file.name

    def write(self, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            error.filename = self.path
            raise

    def close(self) -> None:
        self._file.close()


def _open_new_file(directory: str) -> Any:
    """Create `directory` if missing and open a new file in it, named as TensorBoard expects."""
    try:
        os.makedirs(directory, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise ValueError(f"directory: {directory} is not a folder and cannot be made one") from None
    while True:
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}.{next(_numbers):06d}"
        with contextlib.suppress(FileExistsError):  # another host's process of the same name, number and second
            return open(os.path.join(directory, name), "xb", buffering=0)


def _scalar(value: float, tag: str) -> np.ndarray:
    """`value` as a float32 array of shape (); beyond float32 it becomes infinite, as in TensorFlow."""
    return _scalars(value, tag, ())


def _scalars(value: Any, tag: str, shape: tuple[int, ...]) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"value of {tag!r}: got {type(value).__name__}, expected {_expected(shape)}")
    if array.shape != shape:
        raise ValueError(f"value of {tag!r}: got shape {array.shape}, expected {_expected(shape)}")
    with np.errstate(over="ignore"):
        return array.astype("float32")


def _expected(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} real numbers, one for each step" if shape else "a real number"


def _int64(step: int) -> int:
    try:
        number = operator.index(step)
    except TypeError:
        raise TypeError(f"step: got {type(step).__name__}, expected an integer") from None
    if not -(2**63) <= number < 2**63:
        raise ValueError(f"step: got {number}, expected an integer that int64 holds")
    return number


def _utf8(text: str, argument: str) -> bytes:
    if not isinstance(text, str):
        raise TypeError(f"{argument}: got {type(text).__name__}, expected a string")
    return text.encode("utf-8")


def _raise(error: OSError) -> None:
    raise error
