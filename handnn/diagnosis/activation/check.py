"""`check_activation`: somebody's activation and its derivative, judged and, where they are wrong, explained."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ...activations import Activation
from ...config import check_dtype
from ...core.variable import Array
from ..called import Called
from ..reference import Expected, Reference, relatives, resolve, unrounded
from ..user.call.program import Program
from ..user.call.search import NotRunningError, best
from ..user.readings.context import Context
from ..user.readings.elementwise import activation, times
from ..user.readings.roles import parameters as parameters_of
from ..variants import as_far_as_float32
from ..verdict import Verdict, found_right, together
from . import points
from .passes import SAID, Passes
from .reasons import CANCELLING, Reasons, like

FLAGS = ("deriv", "derivative", "prime", "grad", "gradient", "diff")
"""What the argument is called that makes a function return its own derivative: sigmoid(x, deriv=True)."""
PARTS = ("forward", "backward")
MEANT = {"columns": "samples in columns", "one row": "it takes one row at a time: given several it mixes them"}
"""Layouts in which a function of rows may be right that takes rows too."""


def check_activation(
    forward: Any = None,
    backward: Any = None,
    reference: Any = None,
    *,
    dtype: str = "float64",
    name: str = "",
    without: tuple[str, ...] = (),
    **parameters: Any,
) -> Verdict:
    """Judge an activation's plain NumPy functions.

    Args:
        forward: a = forward(z). None: only the derivative is checked.
        backward: f'(z), f'(a), or the vector-Jacobian product of (upstream, z), (upstream, a) or (upstream, z, a) in
            any order; for functions of rows the full Jacobian too. None: only the function is checked.
        reference: a name of Keras ('silu'), a handnn activation or a Keras function.
        dtype: of what the functions are given.
        name: what to call it. without: names of mistakes to leave out of the bank.
        parameters: arguments of the reference: negative_slope=0.1.
    """
    if forward is None and backward is None:
        raise TypeError("forward or backward must be a function; received neither")
    if reference is None:
        raise TypeError("forward or backward alone needs a reference such as 'silu'")
    for argument, given in (("forward", forward), ("backward", backward)):
        if given is not None and not callable(given):
            raise TypeError(f"{argument} must be a function of arrays; received {type(given).__name__}")
    entry = resolve(reference, parameters)
    backward = backward if backward is not None else flagged(forward)
    subject = name or getattr(forward if forward is not None else backward, "__name__", "activation")
    against = f" ({entry.name})" if entry.name != subject else ""
    parts = tuple(part for part, given in zip(PARTS, (forward, backward), strict=True) if given is not None)
    derivative = np.ones_like if backward is None else _of_z(backward)
    programs = list(activation(subject, forward or entry.forward, derivative, Context(None, ())))
    if not programs:
        text = "the derivative must take 1 to 3 arguments: z, a, or (upstream, z, a)"
        return Verdict(f"{subject}{against}", "broken", text)
    program, derives_itself = _chosen(programs, entry, backward is None)
    return judged(program, entry, f"{subject}{against}", derives_itself, parts, check_dtype(dtype), without)


def judged(
    program: Program, entry: Activation, subject: str, derives_itself: bool, parts: tuple[str, ...] = PARTS,
    dtype: str = "float64", without: tuple[str, ...] = (),
) -> Verdict:  # fmt: skip
    """Return the verdict on an activation that was read, held against one of handnn's.

    Args:
        derives_itself: whether its derivative is that of its own function, whatever that is.
        parts: what of it is the user's. dtype, without: see `check_activation`.
    """
    with np.errstate(all="ignore"):
        judge = _Judge(Passes(program), parts, entry, dtype, without)
        findings = judge.findings(derives_itself)
    said = "function and derivative agree to rounding" if parts == PARTS else "it agrees to rounding"
    verdict = together(subject, findings, said, judge.notes)
    return as_far_as_float32(
        verdict, dtype, lambda single: judged(program, entry, subject, derives_itself, parts, single, without)
    )


def _chosen(programs: list[Program], entry: Activation, alone: bool) -> tuple[Program, bool]:
    """Return how the functions are called, and whether the derivative, unless the function is alone, is its own."""
    with np.errstate(all="ignore"):
        if alone:
            z = (points.elementwise((), "float64") if entry.elementwise else points.rows("float64")).z
            running = (p for p in programs if Passes(p).called("forward", z).values is not None)
            return next(running, programs[0]), False
        try:
            found = best(programs)
        except NotRunningError:
            return programs[0], False
    return found.program, set(found.right) == set(found.claimed)


def flagged(forward: Callable[..., Any]) -> Callable[..., Any] | None:
    """Return forward(z, deriv=True) of a function that has such an argument."""
    try:
        optional = [p.name for p in inspect.signature(forward).parameters.values() if p.default is False]
    except (TypeError, ValueError):
        return None
    flag = next((argument for argument in optional if argument.lower() in FLAGS), None)
    return None if flag is None else functools.partial(forward, **{flag: True})


def _of_z(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Return a derivative; one whose only parameter is called z is given z, and never a."""
    if [p.name for p in parameters_of(backward)] != ["z"]:
        return backward
    return lambda upstream, z: times(upstream, backward(z))


class _Judge(Reasons):
    """Judges the two functions one after the other; what is found out about the first holds for the second."""

    def __init__(self, passes: Passes, parts: tuple[str, ...], entry: Activation, dtype: str, without: Any) -> None:
        super().__init__(entry, dtype, without)
        self.passes, self.parts = passes, parts

    def findings(self, derives_itself: bool) -> list[Verdict]:
        self.notes += [said] if (said := SAID[self.passes.layout]) else []
        self._choose_twin(self.parts[0])
        found: list[Verdict] = []
        for part, judge in zip(PARTS, (self._judge_forward, self._judge_backward), strict=True):
            done = found and (found[0].verdict == "broken" or (found[0].verdict == "wrong" and derives_itself))
            if part in self.parts and not done:
                found.append(self._judged(part, judge))
        if self.passes.layout in MEANT and SAID[self.passes.layout] not in self.notes:
            found[0].convention.append(MEANT[self.passes.layout])
            found[0].verdict = "other convention" if found[0].verdict == "match" else found[0].verdict
        return found

    # ---- calling them ---------------------------------------------------------------------------------------------

    def _arguments(self, part: str) -> tuple[Array, ...]:
        return (self.points.z,) if part == "forward" else (self.upstream, self.points.z)

    def _known(self, part: str, reference: Reference | None = None) -> Expected:
        found: Expected = getattr(reference or self.reference, part)(*self._arguments(part), self.dtype)
        return found

    def _judged(self, part: str, judge: Callable[[Array, Expected], Verdict]) -> Verdict:
        known = self._known(part)
        made = self.passes.called(part, *self._arguments(part))
        if made.values is None or (complaint := self._broken(part, made.values, made, known)):
            return Verdict(part, "broken", made.complaint or complaint)
        self.notes += made.notes
        if made.dtype.kind == "f" and made.dtype != np.dtype(self.dtype) and self.passes.layout != "one number":
            self.notes.append(f"it returns {made.dtype} for {self.dtype}")
        return judge(made.values, known)

    def _broken(self, part: str, values: Array, made: Called, known: Expected) -> str:
        """Return why what came back cannot be judged; '' if it can."""
        if values.shape != known.value.shape:
            return f"it returns shape {values.shape} for z of shape {self.points.z.shape}; expected {known.value.shape}"
        if made.changed:
            return f"it changes its argument {' and '.join(made.changed)} in place"
        again = self.passes.called(part, *self._arguments(part)).values
        if again is None or not np.array_equal(values, again, equal_nan=True):
            return "two calls with the same arguments differ: it keeps state between calls"
        bad = ~np.isfinite(values) & self._ordinary(values)
        if not bad.any():
            return ""
        index = tuple(np.argwhere(bad)[0])
        return f"it gives {values[index]:g} at z = {np.array2string(self.points.z[index[0]], precision=6)}"

    def _choose_twin(self, part: str) -> None:
        """Take the reference with its constants as they are written, where that is nearer to the user's numbers."""
        written = unrounded(self.entry) if self.dtype == "float64" else None
        if written is not None and self._distance(part, Reference(written)) < self._distance(part, self.reference):
            self._take(Reference(written))
        if not self.reference.elementwise and self.passes.layout == "rows":
            layouts = ("rows", *MEANT)
            self.passes.layout = next((o for o in layouts if self._distance(part, self.reference, o) == 0), "rows")

    def _distance(self, part: str, reference: Reference, layout: str = "") -> float:
        """Return how far the user's numbers are from a reference's at ordinary points; 0 to rounding."""
        self.passes.layout = layout or self.passes.layout
        known, values = self._known(part, reference), self.passes.called(part, *self._arguments(part)).values
        if values is None or values.shape != known.value.shape:
            return np.inf
        distance = float(np.abs(values - known.value)[known.off(values) & self._ordinary(values)].sum())
        return distance if np.isfinite(distance) else np.inf

    # ---- the function ---------------------------------------------------------------------------------------------

    def _judge_forward(self, mine: Array, known: Expected) -> Verdict:
        convention, off = self._at_kinks(mine, known, self._off(mine, known), None)
        if not off.any():
            return found_right("forward", "", convention)
        if (off & self._ordinary(off)).any() and (found := self._other_parameter(mine)) is not None:
            return found
        found = self._unstable("forward", mine, known, off, self.passes.forward, "")
        return self._wrong("forward", mine, known, off, "a") if found is None else found

    def _other_parameter(self, mine: Array) -> Verdict | None:
        """Return the finding for an activation of another alpha, slope, ...; it is the reference from then on."""
        before, at = self.reference, self.points.ordinary
        z, own = self.points.z[at], mine[at]
        for other, words in relatives(before.entry, z, own):
            forms = [other, unrounded(other) if self.dtype == "float64" else None]
            fitting = [f for f in forms if f is not None and not self._apart(f, z, own)]
            if not fitting:
                continue
            self._take(Reference(fitting[0]))
            found = self._judged("forward", self._judge_forward)
            if found.verdict in ("match", "other convention", "unstable"):
                found.convention.insert(0, f"it is {other.name} with {words}")
                found.verdict = "other convention" if found.verdict == "match" else found.verdict
                return found
            self._take(before)
        return None

    def _apart(self, entry: Activation, z: Array, mine: Array) -> bool:
        """Return whether some values are farther from an activation's than cancelling digits explain."""
        known = Reference(entry).forward(z, self.dtype)
        scale = np.maximum(np.abs(known.value), 1) * np.maximum(np.abs(like(z, mine)), 1)
        far = np.abs(mine - known.value) > CANCELLING * np.finfo(self.dtype).eps * scale
        return bool((known.off(mine) & far).any())

    def _off(self, mine: Array, known: Expected) -> Array:
        """Return where numbers are off; what is next to nothing, as of z kept above -500, is not."""
        with np.errstate(invalid="ignore"):
            return known.off(mine) & ~(np.abs(mine - known.value) <= np.finfo(self.dtype).eps ** 2)

    # ---- the derivative -------------------------------------------------------------------------------------------

    def _judge_backward(self, mine: Array, known: Expected) -> Verdict:
        convention, off = self._at_kinks(mine, known, self._off(mine, known), self.upstream)
        convention = ["the derivative is written in terms of the output a"] * self.passes.in_a + convention
        if not off.any():
            return found_right("backward", "", convention)
        unstable = self._unstable("backward", mine, known, off, self.passes.backward, "'")
        if unstable is not None:
            unstable.convention += convention
            return unstable
        return self._wrong("backward", mine, known, off, "delta")
