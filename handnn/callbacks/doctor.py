"""`handnn.callbacks.Doctor`: says in sentences what ails a training run, by published rules and thresholds."""

from __future__ import annotations

from .base import Callback, Logs
from .health import course_rules, overfit, setup_rules
from .health.finding import Finding
from .health.record import Record


def examine(record: Record, try_overfitting: bool = True) -> list[Finding]:
    """Return the findings of a run, the likely cause first; empty if it is healthy.

    Whatever can be said before the first step comes first: what is measured later is its consequence. The trial with 16
    samples counts only where a run did not learn.
    """
    found = [*setup_rules.findings(record), *course_rules.findings(record)]
    if try_overfitting and not record.diverged and course_rules.progress(record) < 0.5:
        trial = overfit.finding(record)
        found += [] if trial is None else [trial]
    named = [finding for finding in found if finding.kind != "unknown"]
    return named + [finding for finding in found if finding.kind == "unknown"]


class Doctor(Callback):
    """Measure the health of every layer during `fit`, and say at the end what ails the run.

    Args:
        verbose: 1 prints the findings at the end of training, 0 nothing.
        try_overfitting: whether to try 16 samples alone, on a copy, where the run did not learn (below a second).

    Attributes:
        findings: after training, `Finding`s with kind, symptom, sentence, number, threshold and cure, the likely
            cause first; empty if nothing was found.
        record: the measurements; `record.layers["hidden_1"]["gradient_norm"]` has one number for each of
            `record.steps`.
    """

    def __init__(self, verbose: int = 1, try_overfitting: bool = True) -> None:
        self.verbose, self.try_overfitting = verbose, try_overfitting
        self.findings: list[Finding] = []
        self.record: Record | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        params = self.params or {}
        self.record = Record(self.model, (params.get("steps") or 0) * (params.get("epochs") or 0))
        self.findings = []

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        assert self.record is not None
        self.record.before_step()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        assert self.record is not None
        self.record.after_step(*self.model.last_step)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        assert self.record is not None
        self.record.after_epoch(logs or {})
        if self.record.diverged:
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        assert self.record is not None
        self.findings = examine(self.record, self.try_overfitting)
        if self.verbose:
            for line in report(self.findings):
                print(line)


def report(findings: list[Finding]) -> list[str]:
    """Return the findings as lines to print."""
    if not findings:
        return ["doctor: nothing was found"]
    return [f"doctor: {finding.layer and finding.layer + ': '}{finding}" for finding in findings]
