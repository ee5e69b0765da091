"""Objects in Python judged as files are: what was not compared is never called right."""

import inspect
from pathlib import Path
from typing import Any

from .. import lines
from ..check import of_judgement
from ..layer import check as layer_check
from ..user.finding.pairing import Candidate
from ..user.reading import Unread, read
from ..verdict import Verdict

SECONDS = 10.0


def check_plain_layer(
    layer: Any,
    reference: Any = None,
    *,
    dtype: str = "float64",
    name: str = "",
    input_shape: Any = None,
    **options: Any,
) -> Verdict:
    """Judge a layer with methods forward(x) -> a and backward(upstream) -> dx.

    Every weight whose change changes the output is found by behaviour, whatever its name, and its gradient compared.

    Args:
        layer: an object, or its class, made with `options`.
        reference: a handnn or Keras layer, or text such as "Dense(5, activation='tanh')"; without one the layer's own
            forward pass is the judge.
        dtype: of x and the weights. name: what to call it.
        input_shape: of one sample, where the weights do not tell it.
        options: arguments for the constructor of a class.

    Returns:
        The verdict: incomplete if a weight has no gradient that could be found.

    Raises:
        TypeError: options beside an object, or a reference that is none.
    """
    said = layer_check.check_layer(layer, reference, dtype=dtype, name=name, input_shape=input_shape, **options)
    if said.verdict != "match":
        return said
    made = layer(**options) if inspect.isclass(layer) else layer
    found = _read(made, name, input_shape)
    if isinstance(found, Unread):
        said.notes.append(f"weights of other names were not looked for: {found.why}")
        return said
    try:
        judgement = lines.judge(found, SECONDS)
    except lines.SubjectError:
        return said
    if judgement.wrong or judgement.unchecked or found.unchecked:
        return of_judgement(found, "", said.subject, judgement)
    said.checked = judgement.checked
    return said


def _read(made: Any, name: str, input_shape: Any) -> Any:
    """Return a layer as a subject; its file's lines are not recorded, so only results are judged."""
    source = inspect.getsourcefile(type(made)) if hasattr(type(made), "__module__") else None
    return read(Candidate(name or type(made).__name__, "layer", made), None, (Path(source),) if source else ())
