"""A user's activation and derivative called: in which layout, with which arguments, and what came back."""

from collections.abc import Callable
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np

from ...core.variable import Array
from ..call.call import Call, call, laid_out
from .own_forward import contracted

FORMS = [form for n in (1, 2, 3) for form in permutations(("u", "z", "a"), n) if form != ("u",)]
FORMS.sort(key=lambda form: (len(form), "a" in form and len(form) < 3, form.index("u") if "u" in form else 3))
"""What a derivative may be given, the usual first: z, a; (u, z), (z, u), (z, a), ...; (u, z, a), ..."""


class Result(NamedTuple):
    """What came back, in float64, or a complaint."""

    values: Array | None
    complaint: str
    call: Call


def numbers(made: Call) -> Result:
    """Read the result of a call as real numbers."""
    if made.error is not None:
        return Result(None, made.error, made)
    if made.returned is None:
        return Result(None, "it returns None: is a `return` missing?", made)
    try:
        found = np.asarray(made.returned)
    except ValueError:
        return Result(None, "it returns rows of different lengths", made)
    if found.dtype.kind not in "fiub":
        return Result(None, f"it returns {found.dtype}, not real numbers", made)
    return Result(found.astype("float64"), "", made)


class Way(NamedTuple):
    """How a function is called: the roles of its arguments, and the layout."""

    form: tuple[str, ...]
    layout: str

    def delta(self, backward: Callable[..., Any], upstream: Array, z: Array, a: Array) -> Any:
        """Return upstream * f'(z), whatever numbers the arrays hold."""
        given = {"u": upstream, "z": z, "a": a}
        result = np.asarray(laid_out(backward, self.layout)(*[given[role] for role in self.form]))
        return finished(result, upstream, z, "u" in self.form)


def finished(result: Array, upstream: Array, z: Array, complete: bool) -> Any:
    """Multiply a derivative with upstream, unless that is done."""
    if complete:
        return result
    if result.shape == z.shape and upstream.shape == z.shape:
        return upstream * result
    if is_jacobian(result, upstream, z):
        if result.dtype == object:
            flat = upstream.reshape(len(upstream), -1)
            return (flat[:, :, np.newaxis] * result.reshape(*flat.shape, -1)).sum(axis=1)
        return contracted(upstream, result)
    return result


def is_jacobian(result: Array, upstream: Array, z: Array) -> bool:
    return bool(z.ndim == 2 and result.shape == (*upstream.shape, z.shape[-1]) and result.shape != z.shape)


class Called(NamedTuple):
    """A function called in one way: a, or upstream * f'(z), in float64."""

    way: Way
    values: Array
    jacobian: bool
    call: Call


class Complaint(NamedTuple):
    """Why there are no numbers; whether because the function raised an exception."""

    text: str
    raised: bool


def called(
    function: Callable[..., Any], way: Way, upstream: Array | None, z: Array, a: Array, shape: tuple[int, ...] | None
) -> Called | Complaint:
    """Return f(z), or with an upstream upstream * f'(z), in this shape (any for None), or why there is none."""
    given = {"u": a if upstream is None else upstream, "z": z, "a": a}
    names = tuple({"u": "upstream"}.get(role, role) for role in way.form)
    result = numbers(call(laid_out(function, way.layout), *[given[role].copy() for role in way.form], names=names))
    if result.values is None:
        return Complaint(result.complaint, result.call.error is not None)
    values, jacobian = result.values, False
    if upstream is not None:
        with np.errstate(all="ignore"):
            jacobian = "u" not in way.form and is_jacobian(values, upstream, z)
            values = np.asarray(finished(values, upstream.astype("float64"), z, "u" in way.form), "float64")
    if shape is not None and values.shape != shape:
        text = f"it returns shape {result.values.shape} for z of shape {z.shape}; expected {shape}"
        return Complaint(text, raised=False)
    return Called(way, values, jacobian, result.call)
