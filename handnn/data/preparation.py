"""How raw samples become the inputs of a network: learned from the train part, saved with the network, applied again.

scikit-learn learns (medians, most frequent texts, categories, means and deviations); what it learned is stored as plain
numbers and texts, which any version reads and nothing executes, and applied by NumPy here, in training and afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .checks import held_by, wrong
from .table import Table, short

FORMAT = "handnn preparation 1"
MOST_VALUES = 1000
"""Different texts that a column may hold."""


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers: (number, or `fill` for a gap, - mean) / scale."""

    name: str
    fill: float
    mean: float
    scale: float
    has_gaps: bool

    def encode(self, table: Table, place: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """Return (rows, 1) scaled, (rows,) where the gaps are, and notes."""
        numbers = table.numbers(place)
        gaps = np.isnan(numbers)
        with np.errstate(over="ignore", invalid="ignore"):
            return ((np.where(gaps, self.fill, numbers) - self.mean) / self.scale)[:, np.newaxis], gaps, []


@dataclass(frozen=True)
class TextColumn:
    """A column of texts, one-hot: a column of the result for each of `values`; zeros for any other text."""

    name: str
    fill: str
    values: tuple[str, ...]
    has_gaps: bool

    def encode(self, table: Table, place: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """Return (rows, values) of 0 and 1, (rows,) where the gaps are, and notes about unknown texts."""
        texts = table.texts(place)
        gaps = np.array([text is None for text in texts], dtype=bool)
        filled = np.where(gaps, self.fill, texts).astype(str)
        encoded = (filled[:, np.newaxis] == np.array(self.values)[np.newaxis]).astype(np.float64)
        unknown = encoded.sum(axis=1) == 0
        notes = []
        if unknown.any():
            example = short(str(filled[int(np.argmax(unknown))]))
            notes.append(
                f"{int(unknown.sum())} of {len(filled)} texts in column {self.name!r}, such as {example}, did not "
                "occur in training and count as none of its values"
            )
        return encoded, gaps, notes


Column = NumberColumn | TextColumn
Shapes = tuple[tuple[str, tuple[int, ...]], ...]
"""(name, shape of a sample) of each input."""


@dataclass(frozen=True)
class Columns:
    """The feature columns of a table: numbers first, then texts, then 1 where a column has a gap.

    `named` is whether the file had a header; without it, names are positions. `width` counts the file's columns.
    `left_out` names the columns that had no value in training.
    """

    columns: tuple[Column, ...]
    named: bool
    width: int
    left_out: tuple[str, ...] = ()

    def apply(self, table: Table, dtype: Any) -> tuple[np.ndarray, list[str]]:
        """Return x (rows, inputs) and notes; raise ValueError for a missing column or a cell that does not fit."""
        encoded, indicators, notes = [], [], []
        for column in self.columns:
            values, gaps, told = column.encode(table, self._place(table, column.name))
            encoded.append(values)
            notes += told
            if column.has_gaps:
                indicators.append(gaps[:, np.newaxis].astype(np.float64))
        for name in self.left_out:
            if table.names.count(name) == 1 and table.has_values(table.names.index(name)):
                notes.append(f"{self._called(name)} had no value in training and is not read")
        x = np.concatenate([*encoded, *indicators], axis=1)
        return held_by(f"{table.where}, features", x, np.dtype(dtype)), notes

    def _place(self, table: Table, name: str) -> int:
        if table.names.count(name) == 1:
            return table.names.index(name)
        came = f"{'several columns' if name in table.names else 'no column'} {short(name)}"
        held = ", ".join(map(short, table.names[:20]))
        raise wrong(table.where, f"{came} among {held}", "the columns that the network was trained on")

    def _called(self, name: str) -> str:
        return f"column {short(name)}" if self.named else f"column {int(name) + 1}"

    def input_names(self) -> list[str]:
        """Return a name for each input of the network: age, kind=red, age is missing."""
        numbers = [c.name for c in self.columns if isinstance(c, NumberColumn)]
        texts = [f"{c.name}={value}" for c in self.columns if isinstance(c, TextColumn) for value in c.values]
        return numbers + texts + [f"{c.name} is missing" for c in self.columns if c.has_gaps]

    def describe(self) -> str:
        """Return in words how the columns were prepared."""
        numbers = [c for c in self.columns if isinstance(c, NumberColumn)]
        texts, gaps = len(self.columns) - len(numbers), sum(c.has_gaps for c in self.columns)
        raw = all(c.mean == 0 and c.scale == 1 for c in numbers)
        parts = []
        if numbers:
            parts.append(
                f"{_count(len(numbers), 'number')} {'as they are' if raw else 'standardised by the train part'}"
            )
        if texts:
            parts.append(f"{_count(texts, 'text')} one-hot")
        if gaps:
            parts.append(f"gaps of {_count(gaps, 'column')} filled and marked")
        if self.left_out:
            told = ", ".join(map(self._called, self.left_out))
            parts.append(f"{told} left out, without a value in the train part")
        return f"{_count(len(self.columns), 'column')}: {', '.join(parts)}"


@dataclass(frozen=True)
class Scaling:
    """Arrays of numbers: x / divisor, or (x - mean) / scale for each feature.

    `arrays` are the inputs by name that lie side by side in a row, if there are several.
    """

    divisor: float | None = None
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    arrays: Shapes = ()

    def apply(self, features: np.ndarray, dtype: Any) -> tuple[np.ndarray, list[str]]:
        """Return x (samples, features) and no notes."""
        if self.divisor is None:
            if features.shape[1] != len(self.mean):
                raise wrong("x", f"{features.shape[1]} features", f"{len(self.mean)}, as the network was trained on")
            return (features - np.array(self.mean)) / np.array(self.scale), []
        if features.dtype == np.uint8:  # directly from bytes to `dtype`, without a float64 copy of a large set
            return np.divide(features, self.divisor, dtype=np.dtype(dtype)), []
        return features if self.divisor == 1 else features / self.divisor, []

    def describe(self) -> str:
        """Return in words how the features were scaled."""
        if self.arrays:
            told = ", ".join(f"{name} {' x '.join(map(str, shape)) or '1'}" for name, shape in self.arrays)
            return f"{len(self.arrays)} arrays ({told}), each scaled by itself; whole numbers as they are"
        if self.divisor is not None:
            return "features as they are" if self.divisor == 1 else f"pixels / {self.divisor:g}"
        return "features standardised with the train part's mean and deviation"


@dataclass(frozen=True)
class Preparation:
    """What a network trained on a data set needs to know about new samples.

    Attributes:
        inputs: from raw samples to x.
        target: name of the target.
        task: "classification" or "regression".
        class_names: the labels in the order of the outputs; None for regression.
        split: how parts were split off, or None: seed, fractions, samples.
        answers: standardises the targets of a regression; None to leave them in their unit.
    """

    inputs: Columns | Scaling
    target: str
    task: str
    class_names: tuple[str, ...] | None
    split: dict[str, Any] | None = None
    answers: Scaling | None = None

    def scaled_answers(self, y: np.ndarray) -> np.ndarray:
        """Return targets (samples, outputs) as the network is trained on them."""
        return y if self.answers is None else self.answers.apply(y, y.dtype)[0].astype(y.dtype)

    def in_own_unit(self, outputs: np.ndarray) -> np.ndarray:
        """Return a network's outputs (samples, outputs) in the unit of the target."""
        if self.answers is None:
            return outputs
        return outputs.astype(np.float64) * np.array(self.answers.scale) + np.array(self.answers.mean)

    def to_dict(self) -> dict[str, Any]:
        """Return the preparation as JSON has it."""
        return json.loads(json.dumps({"format": FORMAT, **asdict(self)}))  # tuples become lists, as in JSON

    @classmethod
    def from_dict(cls, given: Any) -> Preparation:
        """Return the preparation of a `.keras` file's JSON.

        Raises:
            ValueError: it is none, or of a newer handnn.
        """
        if not isinstance(given, dict) or given.get("format") != FORMAT:
            raise ValueError(f"the preparation of the data must have the format {FORMAT!r}; update handnn")
        try:
            inputs, names, answers = given["inputs"], given["class_names"], given["answers"]
            return cls(
                _columns(inputs) if "columns" in inputs else _scaling(inputs),
                str(given["target"]),
                str(given["task"]),
                None if names is None else tuple(map(str, names)),
                given["split"],
                None if answers is None else _scaling(answers),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"the preparation of the data is damaged: {type(error).__name__} {error}") from None


def _columns(given: dict[str, Any]) -> Columns:
    columns: list[Column] = [
        TextColumn(c["name"], c["fill"], tuple(c["values"]), c["has_gaps"]) if "values" in c else NumberColumn(**c)
        for c in given["columns"]
    ]
    left_out = tuple(map(str, given.get("left_out", ())))
    return Columns(tuple(columns), bool(given["named"]), int(given["width"]), left_out)


def _scaling(given: dict[str, Any]) -> Scaling:
    arrays = tuple((str(name), tuple(map(int, shape))) for name, shape in given.get("arrays", ()))
    return Scaling(given["divisor"], tuple(map(float, given["mean"])), tuple(map(float, given["scale"])), arrays)


def side_by_side(arrays: dict[str, np.ndarray], shapes: Shapes) -> np.ndarray:
    """Return the arrays of several inputs as rows (samples, features), one beside the other."""
    return np.concatenate([arrays[name].reshape(len(arrays[name]), -1) for name, _ in shapes], axis=1)


def apart(rows: np.ndarray, shapes: Shapes) -> dict[str, np.ndarray]:
    """Return the array of each input by its name: the inverse of `side_by_side`."""
    ends = np.cumsum([int(np.prod(shape)) for _, shape in shapes])
    cut = np.split(rows, ends[:-1], axis=1)
    return {name: part.reshape(len(rows), *shape) for (name, shape), part in zip(shapes, cut, strict=True)}


def fit_named(train: np.ndarray, shapes: Shapes, divisors: dict[str, float | None]) -> Scaling:
    """Return the scaling of several inputs side by side: each by its divisor, or standardised where that is None."""
    mean, scale = _mean_and_scale(train)
    widths = [int(np.prod(shape)) for _, shape in shapes]
    given = np.repeat([divisors[name] or 0.0 for name, _ in shapes], widths)
    mean, scale = np.where(given, 0.0, mean), np.where(given, given, scale)
    return Scaling(None, tuple(mean.tolist()), tuple(scale.tolist()), shapes)


def fit_array(divisor: float | None, train: np.ndarray) -> Scaling:
    """Return the scaling of features; without a divisor each is standardised with the train part's statistics."""
    if divisor is not None:
        return Scaling(float(divisor))
    mean, scale = _mean_and_scale(train)
    return Scaling(None, tuple(mean.tolist()), tuple(scale.tolist()))


def _mean_and_scale(train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with np.errstate(over="ignore", invalid="ignore"):
        values = train.astype(np.float64)
        # A constant feature: its mean and deviation would be rounding errors of each other.
        constant = values.max(axis=0) == values.min(axis=0)
        mean = np.where(constant, values[0], values.mean(axis=0))
        scale = values.std(axis=0)
        scale[constant | (scale == 0)] = 1  # 0 also where the squares underflow
    return mean, scale


def fit_table(train: Table, numbers: Sequence[int], texts: Sequence[int], empty: Sequence[int] = ()) -> Columns:
    """Return the preparation of columns of numbers and of texts, learned by scikit-learn's ColumnTransformer.

    Numbers: the median for gaps, then standardised, unless all numbers of the table are in 0..1. Texts: the most
    frequent one for gaps, then one-hot. A column with gaps also gets an indicator. A column without a value in the
    train part is left out, as those in `empty` are.

    Raises:
        ValueError: no column holds a value; one holds more than 1,000 texts, or a different text in most rows.
    """
    empty = sorted((*empty, *(place for place in (*numbers, *texts) if not train.has_values(place))))
    numbers, texts = ([place for place in places if place not in empty] for places in (numbers, texts))
    if not numbers and not texts:
        raise wrong(train.where, "no column but the target has a value in the train part", "one that has")
    for place in texts:
        _check_variety(train, place)
    fitted = transformer(train, numbers, texts).named_transformers_
    columns: list[Column] = [*_number_columns(train, numbers, fitted), *_text_columns(train, texts, fitted)]
    return Columns(tuple(columns), train.named, len(train.names), tuple(train.names[place] for place in empty))


def _number_columns(train: Table, places: Sequence[int], fitted: Any) -> Iterator[NumberColumn]:
    numbers = [train.numbers(place) for place in places]
    raw = all(np.nanmin(values) >= 0 and np.nanmax(values) <= 1 for values in numbers)
    for i, (place, values) in enumerate(zip(places, numbers, strict=True)):
        fill, scaler = fitted["numbers"][0].statistics_[i], fitted["numbers"][1]
        mean, scale = (0.0, 1.0) if raw else (scaler.mean_[i], scaler.scale_[i])
        if not raw and np.nanmax(values) == np.nanmin(values):  # its mean and deviation are rounding errors
            mean, scale = np.nanmax(values), 1.0
        gaps = bool(np.isnan(values).any())
        yield NumberColumn(train.names[place], float(fill), float(mean), float(scale), gaps)


def _text_columns(train: Table, places: Sequence[int], fitted: Any) -> Iterator[TextColumn]:
    for i, place in enumerate(places):
        fill, encoder = fitted["texts"][0].statistics_[i], fitted["texts"][1]
        gaps = any(text is None for text in train.texts(place))
        yield TextColumn(train.names[place], str(fill), tuple(map(str, encoder.categories_[i])), gaps)


def transformer(train: Table, numbers: Sequence[int], texts: Sequence[int]) -> Any:
    """Return scikit-learn's ColumnTransformer, fitted to a table's rows of numbers (NaN: gap) and texts (None: gap)."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import MissingIndicator, SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    count = len(numbers)
    first, last = list(range(count)), list(range(count, count + len(texts)))
    parts: list[Any] = []
    if numbers:
        parts.append(("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), first))
    if texts:
        fill = SimpleImputer(missing_values=None, strategy="most_frequent")
        parts.append(("texts", make_pipeline(fill, OneHotEncoder(handle_unknown="ignore", sparse_output=False)), last))
    if numbers:
        parts.append(("gaps of numbers", MissingIndicator(), first))
    if texts:
        parts.append(("gaps of texts", MissingIndicator(missing_values=None), last))
    with np.errstate(over="ignore", invalid="ignore"):
        return ColumnTransformer(parts, sparse_threshold=0).fit(raw_columns(train, numbers, texts))


def raw_columns(table: Table, numbers: Sequence[int], texts: Sequence[int]) -> np.ndarray:
    """Return the columns as scikit-learn takes them: an object array (rows, columns), numbers first."""
    raw = np.empty((len(table), len(numbers) + len(texts)), dtype=object)
    for i, place in enumerate((*numbers, *texts)):
        raw[:, i] = table.numbers(place) if i < len(numbers) else table.texts(place)
    return raw


def _check_variety(train: Table, place: int) -> None:
    """Raise for texts that tell rows apart rather than kinds of rows, such as names."""
    known = [text for text in train.texts(place) if text is not None]
    count = len(set(known))
    if count > MOST_VALUES or (count > 20 and 2 * count > len(known)):
        column = f"column {place + 1}" + (f" ({short(train.names[place])})" if train.named else "")
        out = train.names[place] if train.named else place
        raise wrong(
            train.where,
            f"{column} holds {count} different texts in {len(known)} rows of the train part",
            f"kinds that occur again; leave it out with --features=-{out}",
        )


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
