"""The `handnn:` line of a docstring, and `--as`, which takes its place.

handnn: network 4-5-3 tanh softmax categorical_crossentropy, samples=columns
handnn: layer Dense(5, activation='tanh'), input_shape=(4,)
handnn: optimizer sgd, learning_rate=0.01, nesterov=False
handnn: optimizer SGD(learning_rate=0.01, nesterov=False)
"""

import ast
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

KINDS = ("network", "activation", "loss", "layer", "optimizer")
CALLED = ("activation", "loss", "optimizer")
"""Kinds of which a reference may be written as a call; that of a layer is one that Keras makes."""
WIDTHS = r"\d+(?:-\d+)+"


class Directive(NamedTuple):
    """A kind ('' if `--as` leaves it open), a reference as text ('' if there is none), and options."""

    kind: str
    reference: str
    options: dict[str, Any]

    def of(self, kind: str, sure: bool = True) -> "Directive":
        """Return this with its kind; of Adam(beta_1=0.8), said of an optimizer, the name and the option apart.

        Args:
            sure: whether it is said of this kind; if not, it stays as it is where it cannot be read so: LSTM(4).

        Raises:
            ValueError: what is in the brackets cannot be read.
        """
        name, bracket, rest = self.reference.partition("(")
        if kind not in CALLED or not bracket:
            return self._replace(kind=kind)
        try:
            own = dict(_option(option) for option in _parts(rest.removesuffix(")")))
        except ValueError:
            if sure:
                raise
            return self._replace(kind=kind)
        return Directive(kind, name.strip(), own | self.options)

    @property
    def widths(self) -> list[int]:
        """Return the widths that a network's reference begins with; empty if there are none."""
        found = re.match(WIDTHS, self.reference)
        return [int(width) for width in found[0].split("-")] if found else []

    @property
    def words(self) -> list[str]:
        """Return the words of the reference after the widths, such as activations and loss."""
        return re.sub(f"^{WIDTHS}", "", self.reference).split()


def read(docstring: str | None) -> Directive | None:
    """Read the `handnn:` line of a docstring; None if it has none.

    Raises:
        ValueError: the line cannot be read; the message says which part.
    """
    found = re.search(r"handnn:[ \t]*(.+)$", docstring or "", re.MULTILINE)
    return None if found is None else parse(found[1].strip())


def parse(text: str, kind_needed: bool = True) -> Directive:
    """Parse `kind reference, option=literal, ...`. With `kind_needed=False` the kind may be left out.

    Raises:
        ValueError: the text cannot be read; the message says which part.
    """
    said, *options = _parts(text)
    kind, _, reference = said.partition(" ")
    if re.fullmatch(WIDTHS, kind):
        kind, reference = "network", said
    elif kind not in KINDS:
        if kind_needed:
            raise ValueError(f"'handnn: {text}' must begin with {', '.join(KINDS)} or widths; received {kind!r}")
        kind, reference = "", said
    return Directive("", reference.strip(), dict(_option(option) for option in options)).of(kind)


def _parts(text: str) -> Iterator[str]:
    """Yield the parts between the commas that are not inside brackets or quotes."""
    depth, quote, part = 0, "", ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        else:
            depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth and not quote:
            yield part.strip()
            part = ""
        else:
            part += letter
    if depth or quote:
        raise ValueError(f"a bracket or quote is not closed in {text!r}")
    if part.strip():
        yield part.strip()


def _option(text: str) -> tuple[str, Any]:
    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not key.isidentifier():
        raise ValueError(f"an option must be written name=value; received {text!r}")
    try:
        return key, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        if value.replace(".", "_").isidentifier():  # a bare word: samples=columns
            return key, value
        raise ValueError(f"the value of {key} must be a Python literal; received {value!r}") from None
