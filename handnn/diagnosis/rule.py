"""An optimizer's step, line by line: its recorded values held against the rule's own slots and steps."""

from typing import Any

import numpy as np

from ..core.variable import Variable
from ..optimizers import Optimizer
from ..specs import optimizer as optimizer_spec
from . import lines

CORRECTED = {"momentum": "beta_1", "velocity": "beta_2"}
"""Slots that Adam's kin divide by 1 - beta^t, and the name of beta."""
UNKNOWN = ("input_shape", "samples")


def reference_for(name: str, options: dict[str, Any]) -> Optimizer | None:
    """Return handnn's optimizer of this name and these options; None if there is none or it does not take them."""
    given = {key: value for key, value in options.items() if key not in UNKNOWN}
    try:
        cls = optimizer_spec.NAMES[name.replace("_", "").lower()]
        return cls(**given)
    except (KeyError, TypeError, ValueError):
        return None


def judged(found: Any, name: str, options: dict[str, Any], seconds: float) -> lines.Judgement | None:
    """Return which lines of a step differ from the rule; None if it cannot be held against one."""
    if reference_for(name, options) is None:
        return None

    def truth(subject: Any) -> lines.Reference:
        optimizer = reference_for(name, options)
        assert optimizer is not None
        return _reference(optimizer, subject.leaves)

    try:
        return lines.against(found, truth, seconds)
    except lines.SubjectError:
        return None


def _reference(optimizer: Optimizer, leaves: Any) -> lines.Reference:
    """Return the parameters after all steps, and every slot, square and step on the way, by parameter."""
    names = [name for name in leaves if f"d{name} of step 1" in leaves]
    count = sum(key.startswith(f"d{names[0]} of step ") for key in leaves)
    variables = [Variable(np.array(leaves[name], "float64"), name=name, path=name) for name in names]
    values: dict[str, list[np.ndarray]] = {}
    last: dict[str, list[np.ndarray]] = {}
    for t in range(1, count + 1):
        gradients = [np.array(leaves[f"d{name} of step {t}"], "float64") for name in names]
        before = [variable.numpy() for variable in variables]
        optimizer.apply_gradients(list(zip(gradients, variables, strict=True)))
        for name, gradient, old, variable in zip(names, gradients, before, variables, strict=True):
            for slot, value in optimizer_slots(optimizer, variable).items():
                values.setdefault(f"{slot} of {name}", []).append(np.array(value))
                values.setdefault(slot, []).append(np.array(value))
                beta = getattr(optimizer, CORRECTED.get(slot, ""), None)
                if beta is not None:
                    for of in (f" of {name}", ""):
                        values.setdefault(f"{slot}{of}, corrected", []).append(np.array(value) / (1 - beta**t))
            values.setdefault(f"the square of d{name}", []).append(gradient**2)
            values.setdefault("the square of the gradient", []).append(gradient**2)
            for of in (f" of {name}", ""):
                last.setdefault(f"the step{of}", []).append(old - variable.numpy())
                last.setdefault(f"the parameter{of} after the step", []).append(variable.numpy())
    results = {name: variable.numpy() for name, variable in zip(names, variables, strict=True)}
    # 1 - beta^t moves by 1e-5 of itself where beta is kept in float32, as in Keras
    slack = {name: 3e-5 * float(sum(np.max(np.abs(s)) for s in last[f"the step of {name}"])) for name in names}
    return lines.Reference(results, values, last, slack)


def optimizer_slots(optimizer: Optimizer, variable: Variable) -> dict[str, Any]:
    """Return the slots of one weight by name."""
    found = {}
    for slot in optimizer.variables:
        head, _, tail = slot.path.rpartition("/")
        if tail.startswith(f"{variable.name}_") or tail == variable.name or variable.name in head.split("/"):
            found[tail.removeprefix(f"{variable.name}_")] = slot.numpy()
    return found
