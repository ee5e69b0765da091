"""Can the network learn 16 samples by heart? If not, more samples will not help."""

from __future__ import annotations

import numpy as np

from .finding import Finding, limit
from .record import Record

STEPS = 300


def losses(record: Record) -> tuple[float, float] | None:
    """Return the loss of 16 samples before and after 300 steps from the initial weights; None if it cannot be tried."""
    model = record.model
    if record.first is None or isinstance(model.loss, list) or isinstance(record.first[1], tuple):
        return None
    count = int(limit("overfitted samples"))
    x, y = (tuple(part[:count] for part in a) if isinstance(a, tuple) else a[:count] for a in record.first)
    own = type(model).from_config(model.get_config())
    own.compile(model.optimizer.unbuilt(), model.loss)
    own.set_weights(record.initial)
    seen = []
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            seen.append(float(np.mean(own.train_step(x, y).loss)))
            if not np.isfinite(seen[-1]):
                break
    return seen[0], min(seen[-1], float(np.mean(seen[-10:])))


def finding(record: Record) -> Finding | None:
    """Return what the trial says, if the 16 samples could not be learned."""
    found = losses(record)
    record.overfit = found
    if found is None:
        return None
    first, last = found
    share = last / first if first else 1.0
    if not (np.isnan(share) or share > limit("learned")):
        return None
    return Finding(
        "unknown", "16 samples cannot be overfitted",
        f"alone for {STEPS} steps, their loss went from {first:.3g} to {last:.3g}",
        "Look for the fault in the network, its loss and its learning rate, not in the amount of data",
        share, "learned",
    )  # fmt: skip
