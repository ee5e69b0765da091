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
from ..call.batches import WORDS, laid_out
from ..call.call import Call
from ..reference import Expected, Reference, relatives, resolve, unrounded
from ..variants import as_far_as_float32
from ..verdict import Verdict, together
from . import calls, points
from .own_forward import OwnForward
from .reasons import CANCELLING, Reasons, like

NO_SHAPE = 10**6
"""The misfit of a result of another shape; more than there are points."""
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
        self.forward, self.backward, self.layout = forward, backward, "rows"
        self.convention: list[str] = []

    def said(self) -> str:
        if self.entry is None:
            return "the derivative is that of the function, to rounding"
        both = self.forward is not None and self.backward is not None
        return f"{'function and derivative agree' if both else 'it agrees'} to rounding"

    def findings(self) -> list[Verdict]:
        found = []
        if self.forward is not None:
            broken = self._prepare()
            if broken is not None:
                return [broken]
            found.append(self._judge_forward())
        else:
            self._choose_twin(lambda reference: self._best_way(reference)[1])
        if self.backward is not None:
            found.append(self._judge_backward())
        found[0].convention += self.convention
        if self.convention and found[0].verdict == "match":
            found[0].verdict = "other convention"
        return found

    # ---- the function ---------------------------------------------------------------------------------------------

    def _prepare(self) -> Verdict | None:
        """Find out how the function is called; without a reference also whether it is one of rows."""
        layouts = self._layouts()
        if self.reference is None:
            z = points.rows(self.dtype).z
            tried = {"rows": calls.function(self.forward, "rows", z)}
            if tried["rows"].call.error is not None:
                tried |= {layout: calls.function(self.forward, layout, z) for layout in ("one number", "one row")}
            layouts = tuple(layout for layout, result in tried.items() if result.values is not None)[:1]
            if not layouts:
                return Verdict("forward", "broken", tried["rows"].complaint)
            values = tried[layouts[0]].values
            assert values is not None
            self._take(OwnForward(laid_out(self.forward, layouts[0]), not self._mixes(layouts[0], z, values)))
        results: dict[str, calls.Result] = {}
        for layout in layouts:
            if layout != "one number" or results["rows"].call.error is not None:
                results[layout] = calls.function(self.forward, layout, self.points.z)
        layouts = tuple(results)
        self.layout = self._best_layout({layout: self._misfit(result) for layout, result in results.items()})
        result = results[self.layout]
        if result.values is None:
            return Verdict("forward", "broken", result.complaint)
        if result.values.shape != self.right.value.shape:
            shapes = f"{result.values.shape} for z of shape {self.points.z.shape}; expected {self.right.value.shape}"
            return Verdict("forward", "broken", f"it returns shape {shapes}")
        again = calls.function(self.forward, self.layout, self.points.z).values
        broken = self._broken("forward", result.values, again, result.call)
        if broken is None:
            self._remark(self.layout, result.call, "rows" in results and results["rows"].call.error is None)
            self._choose_twin(lambda reference: self._distance(reference, result.values))
            self.mine = self._values()
        return broken

    def _layouts(self) -> tuple[str, ...]:
        rows = self.reference is not None and not self.reference.elementwise
        return ("rows", "columns", "one row") if rows else ("rows", "one number")

    @staticmethod
    def _best_layout(misfits: dict[str, int]) -> str:
        """Return the first layout that fits; the first that gives numbers of the right shape where none does."""
        fitting = [layout for layout, misfit in misfits.items() if not misfit]
        shaped = [layout for layout, misfit in misfits.items() if misfit < NO_SHAPE]
        return (fitting or shaped or [min(misfits, key=lambda layout: misfits[layout])])[0]

    def _values(self) -> Array:
        values = calls.function(self.forward, self.layout, self.points.z).values
        assert values is not None
        return values

    def _mixes(self, layout: str, z: Array, values: Array) -> bool:
        """Return whether one z of a row moves other outputs of the row."""
        if values.shape != z.shape:
            return True
        moved = z.copy()
        moved[:, 0] += 1
        others = calls.function(self.forward, layout, moved).values
        return others is None or not np.array_equal(others[:, 1:], values[:, 1:], equal_nan=True)

    def _misfit(self, result: calls.Result) -> int:
        """Return at how many ordinary points a result is off; more than all of them if it is none."""
        if result.values is None:
            return NO_SHAPE + 1
        if result.values.shape != self.right.value.shape:
            return NO_SHAPE
        return int((self.right.off(result.values) & self._ordinary(result.values)).sum())

    def _broken(self, part: str, values: Array, again: Array | None, made: Call) -> Verdict | None:
        if made.changed:
            return Verdict(part, "broken", f"it changes its argument {' and '.join(made.changed)} in place")
        if again is None or not np.array_equal(values, again, equal_nan=True):
            return Verdict(part, "broken", "two calls with the same arguments differ: it keeps state between calls")
        bad = ~np.isfinite(values) & self._ordinary(values)
        if bad.any():
            index = tuple(np.argwhere(bad)[0])
            at = np.array2string(self.points.z[index[0]], precision=6)
            return Verdict(part, "broken", f"it gives {values[index]:g} at z = {at}")
        return None

    def _remark(self, layout: str, made: Call, takes_rows: bool = False) -> None:
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

    def _judge_forward(self) -> Verdict:
        off = self.right.off(self.mine)
        convention, off = self._at_kinks(self.mine, self.right, off, None)
        if not off.any():
            return Verdict("forward", "other convention" if convention else "match", convention=convention)
        ordinary = off & self._ordinary(off)
        if ordinary.any() and (found := self._other_parameter()) is not None:
            return found
        found = self._unstable("forward", self.mine, self.right, off, laid_out(self.forward, self.layout), "")
        return self._wrong("forward", [(self.mine, self.right, off)], "a") if found is None else found

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
        return bool(
            (known.off(mine) & (np.abs(mine - known.value) > CANCELLING * np.finfo(self.dtype).eps * scale)).any()
        )

    # ---- the derivative -------------------------------------------------------------------------------------------

    def _best_way(self, reference: Any) -> tuple[list[calls.Called], float, str]:
        """Call the derivative in every way that its parameters allow; the first is the one that fits best."""
        z, a = self.points.z, self._given_a()
        known = reference.backward(self.upstream, z, self.dtype)
        raised = True
        found, complaint = [], "it must take 1 to 3 arguments: z, a, or (upstream, z, a)"
        for order in roles.orders(self.backward, roles.ACTIVATION, calls.FORMS):
            for layout in self._layouts():
                if layout == "one number" and not raised:
                    continue
                made = calls.derivative(self.backward, calls.Way(order.roles, layout), self.upstream, z, a)
                if not isinstance(made, calls.Complaint):
                    found.append(made)
                elif layout == "rows":
                    complaint = complaint if found else made.text
                    raised = made.raised
        misfits = [int((known.off(made.delta) & self._ordinary(made.delta)).sum()) for made in found]
        if 0 in misfits:  # what fits comes first; else what the names and the usual layout say
            found.insert(0, found.pop(misfits.index(0)))
        best = float(np.abs(found[0].delta - known.value)[self._ordinary(known.value)].sum()) if found else np.inf
        return found, best, complaint

    def _judge_backward(self) -> Verdict:
        found, _, complaint = self._best_way(self.reference)
        if not found:
            return Verdict("backward", "broken", complaint)
        best = found[0]
        again = calls.derivative(self.backward, best.way, self.upstream, self.points.z, self._given_a())
        broken = self._broken(
            "backward", best.delta, None if isinstance(again, calls.Complaint) else again.delta, best.call
        )
        if broken is not None:
            return broken
        self._remark(best.way.layout, best.call)
        if best.jacobian:
            self.notes.append("the derivative is the full Jacobian of each row")
        known: Expected = self.reference.backward(self.upstream, self.points.z, self.dtype)
        at_kinks, off = self._at_kinks(best.delta, known, known.off(best.delta), self.upstream)
        in_a = ["the derivative is written in terms of the output a"] if "z" not in best.way.form else []
        if not off.any():
            words = in_a + at_kinks
            return Verdict("backward", "other convention" if words else "match", convention=words)

        def whole(upstream: Array, z: Array) -> Any:
            output = z if "a" not in best.way.form else self._output(z)
            return best.way.delta(self.backward, upstream, z, output)

        unstable = self._unstable("backward", best.delta, known, off, whole, "'")
        if unstable is not None:
            unstable.convention += in_a + at_kinks
            return unstable
        usual = self.layout if self.forward is not None else best.way.layout  # numbers of another are right by chance
        meant = [made for made in found if made.way.layout == usual] or found
        options = [(made.delta, known, known.off(made.delta)) for made in meant]
        return self._wrong("backward", options, "delta")

    def _given_a(self) -> Array:
        """Return the right a in the user's dtype; without a reference the user's own."""
        a = self.mine if isinstance(self.reference, OwnForward) else self.right.value
        with np.errstate(over="ignore"):
            return a.astype(self.dtype)

    def _output(self, z: Array) -> Any:
        """Return a of whatever numbers z holds."""
        own = self.forward is not None and not self.right.off(self.mine).any()
        return laid_out(self.forward, self.layout)(z) if own else self.reference.entry.forward(z)
