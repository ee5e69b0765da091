"""Mistakes that once no test noticed, planted again: each must be noticed by an everyday test."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from .families import ROOT, functions
from .install import Patch
from .run import ask
from .worker import Asked

TESTS = ("test_plumbing.py", "verify/test_lockstep.py", "compare/test_statistics.py", "callbacks/test_tensorboard.py")


class Slip(NamedTuple):
    """What is wrong; the file below handnn/, a line of it (once in the file), and the wrong line."""

    what: str
    file: str
    right: str
    wrong: str


SLIPS = (
    Slip(
        "sample weights are not shuffled with their samples",
        "models/batches.py",
        "_mapped(take, self.weight)\n",
        "_mapped(lambda a, at=batch * size: a[at : at + size], self.weight)\n",
    ),
    Slip(
        "the epoch is chosen by test loss",
        "compare/statistics.py",
        "np.nan_to_num(run.val_loss,",
        "np.nan_to_num(run.test_loss,",
    ),
    Slip("time to target from the last crossing", "compare/statistics.py", "[reached[0]]", "[reached[-1]]"),
    Slip("a smaller batch counts like a full one", "verify/lockstep.py", "sample_weight=len(y)", "sample_weight=1"),
    Slip(
        "SpatialDropout1D drops steps",
        "layers/regularization.py",
        "else (None, *shared, None)",
        "else (None, None, *shared)",
    ),
    Slip(
        "a variance of the sample in moving averages, above 64 samples",
        "layers/normalization/batch.py",
        "new.reshape(variable.shape) * (1.0 - m)",
        "new.reshape(variable.shape) * (1.0 - m) * (len(t.x) / (len(t.x) - 1) "
        "if variable is self.moving_variance and len(t.x) > 64 else 1)",
    ),
    Slip(
        "inference has the buffers of training",
        "models/network.py",
        "key = (batch_size, training)",
        "key = (batch_size, True)",
    ),
    Slip(
        "the validation step is off by one",
        "verify/lockstep.py",
        'self._log.epoch("validation", validation, epoch)',
        'self._log.epoch("validation", validation, epoch + 1)',
    ),
    Slip(
        "histograms are of the first batch",
        "verify/lockstep.py",
        "self._last = (trace,",
        "self._last = self._last or (trace,",
    ),
    Slip("scalars of a step outlive set_weights", "optimizers/base.py", "self._scalars.clear()", "pass"),
    Slip(
        "clipvalue writes into the caller's gradients",
        "optimizers/clipping.py",
        "np.minimum(gradient, limit, out=out), -limit, out=out)",
        "np.minimum(gradient, limit, out=gradient), -limit, out=gradient)",
    ),
    Slip(
        "only the first constraint is applied",
        "optimizers/base.py",
        "for i, constraint in self._constraints:",
        "for i, constraint in self._constraints[:1]:",
    ),
    Slip("lambda is 80", "rounding/allowance.py", "math.expm1(LAMBDA *", "math.expm1(10 * LAMBDA *"),
    Slip(
        "ExponentialDecay is one step on",
        "optimizers/schedules.py",
        "f32(self.initial_learning_rate) * np.power(f32(self.decay_rate), p)",
        "f32(self.initial_learning_rate) * np.power(f32(self.decay_rate), p + 1 / f32(self.decay_steps))",
    ),
    Slip(
        "the cosine does not wait for the warm-up",
        "optimizers/schedules.py",
        "self._decay(t - rise, length, target)",
        "self._decay(t, length, target)",
    ),
    Slip(
        "BatchNormalization is not moved by a batch of one",
        "layers/normalization/batch.py",
        "if not self.follows(t):",
        "if not self.follows(t) or len(t.x) == 1:",
    ),
    Slip(
        "weights apart are moved uphill",
        "optimizers/base.py",
        "return zip(gradients, xs, self.slot_arrays, self._work, self._decays, strict=True)",
        "return zip([g if g is None or len(xs) == 1 else -g for g in gradients], xs, self.slot_arrays, self._work, "
        "self._decays, strict=True)",
    ),
)


def planted(slip: Slip) -> Asked:
    """Return the slip as a change of its file, covered by the tests that execute its function."""
    path = ROOT / "handnn" / slip.file
    text = path.read_text(encoding="utf-8")
    if text.count(slip.right) != 1:
        raise ValueError(f"{slip.right!r} is {text.count(slip.right)} times in {slip.file}; it should be there once")
    line = text[: text.index(slip.right)].count("\n") + 1
    tree = ast.parse(text)
    function = next(f for _, f in functions(tree) if f.lineno <= line <= (f.end_lineno or 0))
    lines = {(str(path), number) for number in range(function.lineno, (function.end_lineno or 0) + 1)}
    return Asked(slip.what, lines, Patch(path, ast.parse(text.replace(slip.right, slip.wrong))))


def run(slips: tuple[Slip, ...] = SLIPS, seen: Callable[[str], None] = print) -> dict[str, str]:
    """Plant each slip; return the everyday test that notices it, '' if none does."""
    found: dict[str, str] = {}

    def told(number: int, by: str, seconds: float) -> None:
        found[slips[number].what] = by
        seen(f"{slips[number].what}: {by or 'NOT NOTICED'}")

    changes = [planted(slip) for slip in slips]
    paths: list[Path] = list(dict.fromkeys(change.patch.path for change in changes))
    ask(changes, [f"tests/{test}" for test in TESTS], paths, told, seen)
    return found
