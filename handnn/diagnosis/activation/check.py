"""`check_activation`: somebody's activation and its derivative, judged and, where they are wrong, explained."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ...activations import Activation
from ...config import check_dtype
from ...core.variable import Array
from ..call import arguments as roles
from ..call.call import WORDS, Call, laid_out
from ..reference import Expected, Reference, relatives, resolve, unrounded
from ..variants import as_far_as_float32
from ..verdict import Verdict, found_right, together
from . import calls, points
from .own_forward import OwnForward
from .reasons import CANCELLING, Reasons, like

FLAGS = ("deriv", "derivative", "prime", "grad", "gradient", "diff")
"""What the argument is called that makes a function return its own derivative: sigmoid(x, deriv=True)."""


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
        reference: a name of Keras ('silu'), a handnn activation or a Keras function. None: `forward` itself is the
            judge of `backward`.
        dtype: of what the functions are given.
        name: what to call it. without: names of mistakes to leave out of the bank.
        parameters: arguments of the reference: negative_slope=0.1.
    """
    if (
        backward is not None
        and reference is None
        and (isinstance(backward, str | Activation) or not callable(backward))
    ):
        backward, reference = None, backward  # check_activation(f, "silu")
    if forward is None and backward is None:
        raise TypeError("forward or backward must be a function; received neither")
    if forward is None and reference is None:
        raise TypeError("backward alone needs a reference such as 'silu'")
    for argument, given in (("forward", forward), ("backward", backward)):
        if given is not None and not callable(given):
            raise TypeError(f"{argument} must be a function of arrays; received {type(given).__name__}")
    if backward is None:
        backward = _flagged(forward)
    entry = resolve(reference, parameters)
    subject = name or getattr(forward if forward is not None else backward, "__name__", "activation")
    with np.errstate(all="ignore"):
        checker = _Checker(forward, backward, entry, check_dtype(dtype), without)
        findings = checker.findings()
    against = f" ({entry.name})" if entry is not None and entry.name != subject else ""
    verdict = together(f"{subject}{against}", findings, checker.said(), checker.notes)
    if entry is not None:
        again = {"name": name, "without": without, **parameters}
        verdict = as_far_as_float32(
            verdict, dtype, lambda single: check_activation(forward, backward, reference, dtype=single, **again)
        )
    if entry is None and backward is None and verdict.ok:
        unchecked = [{"what": "the derivative", "why": "none was given, and there is no reference for the function"}]
        return Verdict(subject, "incomplete", "there is nothing to compare it with", unchecked=unchecked)
    return verdict


def _flagged(forward: Callable[..., Any]) -> Callable[..., Any] | None:
    """Return forward(z, deriv=True) of a function that has such an argument."""
    try:
        optional = [p.name for p in inspect.signature(forward).parameters.values() if p.default is False]
    except (TypeError, ValueError):
        return None
    flag = next((argument for argument in optional if argument.lower() in FLAGS), None)
    return None if flag is None else functools.partial(forward, **{flag: True})


class _Checker(Reasons):
    """Judges the two functions one after the other; what is found out about the first holds for the second."""

    def __init__(self, forward: Any, backward: Any, entry: Activation | None, dtype: str, without: Any) -> None:
        super().__init__(entry, dtype, without)
        self.functions, self.layout = {"forward": forward, "backward": backward}, "rows"
        self.convention: list[str] = []

    def said(self) -> str:
        if self.entry is None:
            return "the derivative is that of the function, to rounding"
        return f"{'it agrees' if None in self.functions.values() else 'function and derivative agree'} to rounding"

    def findings(self) -> list[Verdict]:
        found = []
        if self.functions["forward"] is None:
            self._choose_twin(self._best_distance)
        else:
            complaint = self._own() if self.reference is None else ""
            found.append(Verdict("forward", "broken", complaint) if complaint else self._judged("forward"))
            if found[0].verdict == "broken":
                return found
        if self.functions["backward"] is not None:
            found.append(self._judged("backward"))
        found[0].convention += self.convention
        if self.convention and found[0].verdict == "match":
            found[0].verdict = "other convention"
        return found

    # ---- calling them ---------------------------------------------------------------------------------------------

    def _own(self) -> str:
        """Take the function itself as the judge of its derivative; return why it cannot be called."""
        forward, z = self.functions["forward"], points.rows(self.dtype).z
        complaint = ""
        for layout in ("rows", "one number", "one row"):
            made = calls.called(forward, calls.Way(("z",), layout), None, z, z, None)
            if isinstance(made, calls.Called):
                self._take(OwnForward(laid_out(forward, layout), not self._mixes(layout, z, made.values)))
                self.layout = layout
                return ""
            complaint = complaint or made.text
            if not made.raised:
                break
        return complaint

    def _mixes(self, layout: str, z: Array, values: Array) -> bool:
        """Return whether one z of a row moves other outputs of the row."""
        if values.shape != z.shape:
            return True
        moved = z.copy()
        moved[:, 0] += 1
        others = np.asarray(laid_out(self.functions["forward"], layout)(moved), "float64")
        return others.shape != values.shape or not np.array_equal(others[:, 1:], values[:, 1:], equal_nan=True)

    def _layouts(self) -> tuple[str, ...]:
        rows = self.reference is not None and not self.reference.elementwise
        return ("rows", "columns", "one row") if rows else ("rows", "one number")

    def _call(self, part: str, way: calls.Way) -> calls.Called | calls.Complaint:
        z, function = self.points.z, self.functions[part]
        if part == "forward":
            return calls.called(function, way, None, z, z, self.right.value.shape)
        return calls.called(function, way, self.upstream, z, self._given_a(), z.shape)

    def _tried(self, part: str, known: Expected) -> tuple[list[calls.Called], str]:
        """Call a part in every way that its parameters and the layouts allow: what fits first, or why there is none."""
        layouts = self._layouts()
        forms: list[tuple[str, ...]] = [("z",)]
        if part == "backward":
            forms = [order.roles for order in roles.orders(self.functions[part], roles.ACTIVATION, calls.FORMS)]
        elif isinstance(self.reference, OwnForward):
            layouts = (self.layout,)
        found, raised = [], True
        complaint = "" if forms else "it must take 1 to 3 arguments: z, a, or (upstream, z, a)"
        for form in forms:
            for layout in layouts:
                if layout == "one number" and not raised:
                    continue
                made = self._call(part, calls.Way(form, layout))
                if isinstance(made, calls.Called):
                    found.append(made)
                else:
                    complaint = complaint or made.text
                if layout == "rows":
                    raised = isinstance(made, calls.Complaint) and made.raised
        misfits = [int((known.off(made.values) & self._ordinary(made.values)).sum()) for made in found]
        if 0 in misfits:  # what fits comes first; else what the names and the usual layout say
            found.insert(0, found.pop(misfits.index(0)))
        return found, complaint

    def _judged(self, part: str) -> Verdict:
        known = self.right if part == "forward" else self.reference.backward(self.upstream, self.points.z, self.dtype)
        found, complaint = self._tried(part, known)
        complaint = self._broken(part, found[0]) if found else complaint
        if complaint:
            return Verdict(part, "broken", complaint)
        best, layouts = found[0], [made.way.layout for made in found]
        self._remark(best.way.layout, best.call, part == "forward" and "rows" in layouts)
        if part == "backward":
            return self._judge_backward(found, known)
        self.layout = best.way.layout
        self._choose_twin(lambda reference: self._distance(reference, best.values))
        self.mine = self._values()
        return self._judge_forward()

    def _broken(self, part: str, made: calls.Called) -> str:
        values, again = made.values, self._call(part, made.way)
        if made.call.changed:
            return f"it changes its argument {' and '.join(made.call.changed)} in place"
        if isinstance(again, calls.Complaint) or not np.array_equal(values, again.values, equal_nan=True):
            return "two calls with the same arguments differ: it keeps state between calls"
        bad = ~np.isfinite(values) & self._ordinary(values)
        if not bad.any():
            return ""
        index = tuple(np.argwhere(bad)[0])
        return f"it gives {values[index]:g} at z = {np.array2string(self.points.z[index[0]], precision=6)}"

    def _remark(self, layout: str, made: Call, takes_rows: bool) -> None:
        if layout == "columns":
            self.convention.append(WORDS[layout])
        elif layout == "one row" and takes_rows:
            self.convention.append(f"{WORDS[layout]}: given several it mixes them")
        elif WORDS[layout]:
            self.notes.append(WORDS[layout])
        self.notes += made.notes
        kind = np.asarray(made.returned).dtype
        if kind.kind == "f" and kind != np.dtype(self.dtype) and layout != "one number":
            self.notes.append(f"it returns {kind} for {self.dtype}")

    def _choose_twin(self, distance: Callable[[Any], float]) -> None:
        """Take the reference with its constants as they are written, where that is nearer to the user's."""
        if self.dtype == "float64" and isinstance(self.reference, Reference):
            twin = unrounded(self.reference.entry)
            if twin is not None and distance(Reference(twin)) < distance(self.reference):
                self._take(Reference(twin))

    def _distance(self, reference: Any, values: Any) -> float:
        right = reference.forward(self.points.z, self.dtype).value
        return float(np.abs(values - right)[self._ordinary(right)].sum())

    def _best_distance(self, reference: Any) -> float:
        """Return how far the derivative is from a reference's where it is nearest."""
        known = reference.backward(self.upstream, self.points.z, self.dtype)
        found, _ = self._tried("backward", known)
        return float(np.abs(found[0].values - known.value)[self._ordinary(known.value)].sum()) if found else np.inf

    # ---- the function ---------------------------------------------------------------------------------------------

    def _values(self) -> Array:
        """Return the user's a at the points as they are now."""
        made = self._call("forward", calls.Way(("z",), self.layout))
        assert isinstance(made, calls.Called)
        return made.values

    def _judge_forward(self) -> Verdict:
        off = self.right.off(self.mine)
        convention, off = self._at_kinks(self.mine, self.right, off, None)
        if not off.any():
            return found_right("forward", "", convention)
        ordinary = off & self._ordinary(off)
        if ordinary.any() and (found := self._other_parameter()) is not None:
            return found
        found = self._unstable("forward", self.mine, self.right, off, self._whole(), "")
        return self._wrong("forward", [(self.mine, self.right, off)], "a") if found is None else found

    def _whole(self) -> Callable[..., Any]:
        return laid_out(self.functions["forward"], self.layout)

    def _other_parameter(self) -> Verdict | None:
        """Return the finding for an activation of another alpha, slope, ...; it is the reference from then on."""
        if not isinstance(self.reference, Reference):
            return None
        before, at = self.reference, self.points.ordinary
        z, mine = self.points.z[at], self.mine[at]
        for other, words in relatives(self.reference.entry, z, mine):
            forms = [other, unrounded(other) if self.dtype == "float64" else None]
            fitting = [f for f in forms if f is not None and not self._apart(f, z, mine)]
            if not fitting:
                continue
            self._take(Reference(fitting[0]))
            self.mine = self._values()
            found = self._judge_forward()
            if found.verdict in ("match", "other convention", "unstable"):
                found.convention.insert(0, f"it is {other.name} with {words}")
                found.verdict = "other convention" if found.verdict == "match" else found.verdict
                return found
            self._take(before)
            self.mine = self._values()
        return None

    def _apart(self, entry: Activation, z: Array, mine: Array) -> bool:
        """Return whether some values are farther from an activation's than cancelling digits explain."""
        known = Reference(entry).forward(z, self.dtype)
        scale = np.maximum(np.abs(known.value), 1) * np.maximum(np.abs(like(z, mine)), 1)
        far = np.abs(mine - known.value) > CANCELLING * np.finfo(self.dtype).eps * scale
        return bool((known.off(mine) & far).any())

    # ---- the derivative -------------------------------------------------------------------------------------------

    def _judge_backward(self, found: list[calls.Called], known: Expected) -> Verdict:
        best = found[0]
        if best.jacobian:
            self.notes.append("the derivative is the full Jacobian of each row")
        at_kinks, off = self._at_kinks(best.values, known, known.off(best.values), self.upstream)
        in_a = ["the derivative is written in terms of the output a"] if "z" not in best.way.form else []
        if not off.any():
            return found_right("backward", "", in_a + at_kinks)

        def whole(upstream: Array, z: Array) -> Any:
            output = z if "a" not in best.way.form else self._output(z)
            return best.way.delta(self.functions["backward"], upstream, z, output)

        unstable = self._unstable("backward", best.values, known, off, whole, "'")
        if unstable is not None:
            unstable.convention += in_a + at_kinks
            return unstable
        has_forward = self.functions["forward"] is not None
        usual = self.layout if has_forward else best.way.layout  # numbers of another are right by chance
        meant = [made for made in found if made.way.layout == usual] or found
        return self._wrong("backward", [(made.values, known, known.off(made.values)) for made in meant], "delta")

    def _given_a(self) -> Array:
        """Return the right a in the user's dtype; without a reference the user's own."""
        a = self.mine if isinstance(self.reference, OwnForward) else self.right.value
        with np.errstate(over="ignore"):
            return a.astype(self.dtype)

    def _output(self, z: Array) -> Any:
        """Return a of whatever numbers z holds."""
        own = self.functions["forward"] is not None and not self.right.off(self.mine).any()
        return self._whole()(z) if own else self.reference.entry.forward(z)
