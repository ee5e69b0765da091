"""Parity before ranking: compares the steps of every optimizer, with its options, with Keras'.

TensorFlow is imported here, and only if an optimizer has not been checked yet.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..core import reference
from ..optimizers import recent
from ..specs import optimizer as optimizer_spec
from ..verify.comparison import Comparison
from .plan import Plan
from .results import Folder

STEPS = 12
NOT_CHECKED: dict[str, Any] = {
    "ok": True,
    "worst": None,
    "sentence": f"not checked: TensorFlow and Keras are not installed ({reference.INSTALL})",
    "keras": None,
}
"""What parity.json says where nothing could be compared; it is checked as soon as Keras is there."""


NO_REFERENCE = "not compared: an optimizer of one's own, and its class has no reference = 'adam' or another rule"

NOT_IN_KERAS = "not compared: Keras has none; handnn's own tests compare with a second derivation from the paper"
NOT_JUDGED = "not compared: `handnn.testing.check_optimizer` holds the class against {}"

Judge = Callable[[Any, str, dict[str, Any], str], tuple[bool, str]]
"""Says whether an optimizer of one's own takes the steps of a rule, and its verdict in words."""


def ensure(
    folder: Folder, plan: Plan, progress: Callable[[str], None] = lambda label: None, judge: Judge | None = None
) -> dict[str, Any]:
    """Return for each optimizer whether its steps agree with Keras', checked now or when the folder was created.

    Args:
        progress: called with each label before it is checked.
        judge: of optimizers of one's own whose class has a `reference`.
    """
    found = folder.parity()
    for label in plan.optimizers:
        if found.get(label, NOT_CHECKED).get("keras", "") is None:
            progress(label)
            if optimizer_spec.parse(label)[0] in recent:
                found[label] = NOT_CHECKED | {"sentence": NOT_IN_KERAS}
            elif label in plan.rules:
                found[label] = check_own(label, plan, judge)
            else:
                found[label] = check(label, plan.dtype) if reference.is_installed() else NOT_CHECKED
            folder.write_parity(found)
    return found


def check_own(label: str, plan: Plan, judge: Judge | None) -> dict[str, Any]:
    """Return the entry of an optimizer of one's own: beside the rule that its class names, if it names one."""
    own = optimizer_spec.own(label, plan.rule_file(label))
    rule = getattr(own, "reference", None)
    if rule is None or judge is None:
        return NOT_CHECKED | {"sentence": NO_REFERENCE if rule is None else NOT_JUDGED.format(rule)}
    ok, told = judge(own, rule, optimizer_spec.parse(label)[1], plan.dtype)
    return {"ok": ok, "worst": None, "sentence": f"beside {rule}, {told}", "keras": f"handnn's {rule}"}


def check(label: str, dtype: str) -> dict[str, Any]:
    """Compare some steps of an optimizer with Keras', each from Keras' state; return the entry of parity.json.

    Gradients range from 1e-8 to 1e4, with zeros, for a scalar, a vector, a matrix and a stack of matrices.
    """
    import tf_reference  # noqa: F401, I001  # before Keras: it chooses the backend
    import keras

    from ..verify.report import row

    known = f"Keras {keras.__version__}"
    try:
        worst, where = 0.0, "every slot and weight"
        for comparison in _steps(label, dtype):
            found = row(comparison)
            if not found.ok:
                return {"ok": False, "worst": None, "sentence": found.sentence(), "keras": known}
            if found.ratio > worst:
                worst, where = found.ratio, found.where.strip()
    except Exception as error:  # Keras refuses the options, or fails with them: this optimizer cannot be compared
        last = str(error).strip().rpartition("\n")[2].strip()  # TensorFlow puts a traceback before it
        sentence = f"{type(error).__name__}: {last}"
        return {"ok": False, "worst": None, "sentence": sentence, "keras": known}
    told = f"{STEPS} steps agree with {known}; error / allowance at most {worst:.3f} ({where})"
    return {"ok": True, "worst": worst, "sentence": told, "keras": known}


def _steps(label: str, dtype: str) -> Iterator[Comparison]:
    """Yield every weight and slot at the start and after each step."""
    import keras
    import tensorflow

    from ..verify import keras_optimizer
    from ..verify.optimizer_steps import optimizer_step, starts

    rng, optimizer = np.random.default_rng(0), optimizer_spec.make(label, optimizer_spec.usual_rate(label))
    side = keras_optimizer.keras_side(tensorflow, keras, rng, optimizer, dtype)
    before = side.state()
    yield from starts(optimizer, before, side.ours)
    for step in range(STEPS):
        gradients = keras_optimizer.gradients_for(before.weights, step, rng)
        side.apply(gradients)
        after = side.state()
        yield from optimizer_step(optimizer, before, gradients, after, side.ours)
        before = after
