"""The event files of a run: those of the hand-written side, of the comparison, and of the layers' health."""

import math

from ..tensorboard import tags
from ..tensorboard.writer import EventWriter
from .report import Row


class RunLog:
    """The event files of the hand-written side and of the comparison."""

    def __init__(self, directory: str, with_parity: bool) -> None:
        self.directory = directory
        self._writers: dict[str, EventWriter] = {}
        try:
            for part in ("handnn/train", "handnn/validation", *(["parity"] if with_parity else [])):
                self.writer(part)
        except OSError:
            self.close()
            raise
        self._reported = False

    def writer(self, part: str) -> EventWriter:
        if part not in self._writers:
            self._writers[part] = EventWriter(f"{self.directory}/{part}", described=True)
        return self._writers[part]

    def scalars(self, part: str, values: dict[str, float], step: int) -> None:
        self.writer(f"handnn/{part}").scalars(values, step)

    def epoch(self, part: str, values: dict[str, float], epoch: int) -> None:
        self.scalars(part, {tags.epoch(name): value for name, value in values.items()}, epoch)

    def parity(self, step: int, rows: list[Row]) -> None:
        """Write every tensor's error / allowance, the largest, and the first one above 1."""
        writer = self.writer("parity")
        values = {tags.parity_tensor(r.layer, r.tensor.replace(" ", "_")): r.ratio for r in rows}
        writer.scalars(values | {tags.WORST_ERROR: max(r.ratio for r in rows), tags.LIMIT: 1.0}, step)
        outside = [r for r in rows if not r.ok]
        if outside and not self._reported:
            writer.text(tags.FIRST_OUTSIDE, f"Step {step}: {outside[0].sentence()}", step)
            self._reported = True

    def drift(self, step: int, found: dict[str, float]) -> None:
        values = {tags.drift(path): value for path, value in found.items()}
        largest = max(found.values())
        first = {tags.DRIFT_MAX: largest} | ({tags.DRIFT_LOG: math.log10(largest)} if largest > 0 else {})
        self.writer("parity").scalars(values | first, step)

    def health(self, step: int, numbers: dict[str, dict[str, float]]) -> None:
        """Write {layer: {measure: number}} of a step."""
        self.writer("health").scalars(tags.health_of(numbers), step)

    def confidence(self, epoch: int, values: dict[str, float]) -> None:
        """Write the mean of the largest probability for each kind of input."""
        self.writer("health").scalars({f"confidence/{name}": value for name, value in values.items()}, epoch)

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()
