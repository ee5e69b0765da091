"""What the course of a run says: divergence, learning rate, gradients, units, epochs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .finding import Finding, limit
from .measure import BOUNDED, CAN_DIE, activation_name
from .record import DENSE_START, Record

SLOW = ("sgd", "adadelta", "adagrad", "ftrl", "adafactor")
"""Optimizers whose default rate suits few networks: plain steps, or steps that shrink."""
SHORT, FEW = 4, 8
LOWER_RATE = "Divide the learning rate by 10"
SMALL_CHANGE, MUCH, ROSE = 0.02, 0.1, 1.05


def findings(record: Record) -> Iterator[Finding]:
    """Yield what was measured during training, causes first."""
    if record.diverged:
        yield _divergence(record)
        return
    for rule in (_too_high, _dead, _saturated, _vanishing, _exploding, _too_low, _overfitting, _too_few, _stuck):
        yield from rule(record)


def updates(record: Record) -> float:
    """Return log10 of the median, over layers and steps, of mean |dW| / mean |W| in a step; NaN if not measured."""
    found = [
        record.values(layer, "update_ratio")[-max(1, len(record.steps) - DENSE_START) :] for layer in record.layers
    ]
    values = np.concatenate(found) if found else np.zeros(0)
    values = values[np.isfinite(values) & (values > 0)]
    return float(np.log10(np.median(values))) if len(values) else float("nan")


def first_updates(record: Record) -> float:
    """Return log10 of the largest mean |dW| / mean |W|, median over layers, of the first steps; NaN if not measured."""
    found = [record.values(layer, "update_ratio")[:DENSE_START] for layer in record.layers]
    if not found or not len(found[0]):
        return float("nan")
    with np.errstate(divide="ignore"):
        return float(np.log10(np.max(np.median(found, axis=0))))


def progress(record: Record) -> float:
    """Return by which share of the first loss the loss fell, 0 to 1; negative if it rose."""
    first, last = _ends(record)
    return (first - last) / abs(first) if first else 0.0


def _ends(record: Record) -> tuple[float, float]:
    first = float(np.mean(record.losses[:3])) if record.losses else 0.0
    series = [logs["loss"] for logs in record.epochs if "loss" in logs]
    last = series[-1] if len(series) > 1 else float(np.mean(record.losses[-10:])) if record.losses else 0.0
    return first, last


def _rate(record: Record) -> str:
    return f"{float(record.model.optimizer.learning_rate):g}"


def _divergence(record: Record) -> Finding:
    from .setup_rules import findings as before

    causes = [found for found in before(record) if found.kind in ("scaling", "initialisation")]
    cause = f"; {causes[0].sentence}" if causes else ""
    cure = f"{causes[0].cure}" if causes else f"{LOWER_RATE} ({_rate(record)}), or give the optimizer clipnorm=1"
    return Finding(
        causes[0].kind if causes else "learning rate", "divergence",
        f"the loss or a weight became infinite or NaN after {record.taken} steps{cause}", cure, record.taken,
    )  # fmt: skip


# ---- learning rate -------------------------------------------------------------------------------------------------


def _too_high(record: Record) -> Iterator[Finding]:
    ratio, first, last = updates(record), *_ends(record)
    if ratio > limit("largest update"):
        yield Finding(
            "learning rate", "learning rate too high",
            f"a step changes the weights by 10^{ratio:.1f} of their size", f"{LOWER_RATE} ({_rate(record)})",
            ratio, "largest update",
        )  # fmt: skip
    elif (step := first_updates(record)) > limit("first updates"):
        yield Finding(
            "learning rate", "learning rate too high",
            f"one of the first steps changed the weights by 10^{step:.1f} of their size",
            f"{LOWER_RATE} ({_rate(record)}), or raise it slowly in the first steps", step, "first updates",
        )  # fmt: skip
    elif last > ROSE * first and len(record.steps) > DENSE_START and ratio > limit("smallest update"):
        yield Finding(
            "learning rate", "learning rate too high", f"the loss rose from {first:.3g} to {last:.3g}",
            f"{LOWER_RATE} ({_rate(record)})", last / first if first else None,
        )  # fmt: skip
    elif (share := _swings(record)) >= limit("swinging epochs"):
        yield Finding(
            "learning rate", "oscillation", f"the loss went up and down again in {100 * share:.0f} % of the epochs",
            f"{LOWER_RATE} ({_rate(record)}), or let it fall during training", share, "swinging epochs",
        )  # fmt: skip


def _swings(record: Record) -> float:
    """Return the share of epochs in which the loss, as a share of the first, turned by at least the limit."""
    series = np.array([logs["loss"] for logs in record.epochs if "loss" in logs])
    if len(series) < FEW or not series[0]:
        return 0.0
    steps = np.diff(series / abs(series[0]))
    turns = (steps[:-1] * steps[1:] < 0) & (np.minimum(np.abs(steps[:-1]), np.abs(steps[1:])) >= limit("swing"))
    return float(turns.sum() / len(series))


def _too_low(record: Record) -> Iterator[Finding]:
    ratio, fell = updates(record), progress(record)
    if np.isnan(ratio) or fell > limit("learned"):
        return
    optimizer = record.model.optimizer.name.lower()
    slow = next((name for name in SLOW if name in optimizer), None)
    if ratio >= limit("smallest update") and slow is None:
        return
    told = f"a step changes the weights by 10^{ratio:.1f} of their size, and the loss fell by {100 * fell:.0f} %"
    if slow is not None and np.float32(record.model.optimizer.learning_rate) >= np.float32(1e-4) and ratio < -2:
        yield Finding(
            "optimizer", "slow optimizer", f"{told} ({record.model.optimizer.name}, {_rate(record)})",
            "Use adam, or a learning rate 10 to 1,000 times as large", ratio, "smallest update",
        )  # fmt: skip
    elif ratio < limit("smallest update"):
        yield Finding(
            "learning rate", "learning rate too low", told,
            f"Multiply the learning rate by 10 or 100 ({_rate(record)})", ratio, "smallest update",
        )  # fmt: skip


# ---- layers --------------------------------------------------------------------------------------------------------


def _layers(record: Record) -> dict[str, Any]:
    pairs = zip(record.model.node_names, record.model.nodes, strict=True)
    return {name: node.layer for name, node in pairs if name in record.layers}


def _late(record: Record, layer: str, measure: str) -> float:
    """Return the median of a measure over the second half of the run."""
    values = record.values(layer, measure)
    values = values[len(values) // 2 :]
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else 0.0


def _dead(record: Record) -> Iterator[Finding]:
    for name, layer in _layers(record).items():
        share, zero = _late(record, name, "dead"), _late(record, name, "zero_gradients")
        if activation_name(layer) in CAN_DIE and share > limit("dead units"):
            yield Finding(
                "learning rate", "dead ReLU",
                f"{100 * share:.0f} % of the units give 0 for every sample, {100 * zero:.0f} % of the gradient is 0",
                f"{LOWER_RATE} ({_rate(record)}), check the initial weights, or use leaky_relu",
                share, "dead units", name,
            )  # fmt: skip


def _saturated(record: Record) -> Iterator[Finding]:
    layers = _layers(record)
    for name, layer in list(layers.items())[:-1]:
        share = _late(record, name, "saturated")
        if activation_name(layer) in BOUNDED and share > limit("saturation"):
            yield Finding(
                "initialisation", "saturated units", f"|a| is {share:.2f} of the largest possible on average",
                "Scale the inputs, use smaller initial weights, or relu", share, "saturation", name,
            )  # fmt: skip


def _norms(record: Record) -> tuple[str, float, float]:
    names = list(record.layers)
    return names[0], _late(record, names[0], "gradient_norm"), _late(record, names[-1], "gradient_norm")


def _vanishing(record: Record) -> Iterator[Finding]:
    if len(record.layers) < 3:
        return
    name, first, last = _norms(record)
    ratio = first / last if last else 0.0
    if (ratio < limit("vanishing ratio") and first < limit("vanishing gradient")) or first == 0:
        layers = list(_layers(record).values())
        bounded = any(activation_name(layer) in BOUNDED for layer in layers[:-1])
        yield Finding(
            "activation" if bounded else "initialisation", "vanishing gradients",
            f"the gradient of the first layer is {first:.1e}, {ratio:.1e} of the last one's",
            "Use relu with he_normal, fewer layers, batch normalization or residual connections",
            ratio, "vanishing ratio", name,
        )  # fmt: skip


def _exploding(record: Record) -> Iterator[Finding]:
    if len(record.layers) < 2:
        return
    name, first, last = _norms(record)
    ratio = first / last if last else 0.0
    if ratio > limit("exploding ratio"):
        yield Finding(
            "initialisation", "exploding gradients",
            f"the gradient of the first layer is {ratio:.0f} times the last one's",
            "Use smaller initial weights, batch normalization, or clipnorm=1", ratio, "exploding ratio", name,
        )  # fmt: skip


# ---- epochs --------------------------------------------------------------------------------------------------------


def _overfitting(record: Record) -> Iterator[Finding]:
    train = [logs["loss"] for logs in record.epochs if "loss" in logs and "val_loss" in logs]
    series = [logs["val_loss"] for logs in record.epochs if "loss" in logs and "val_loss" in logs]
    if len(series) < FEW or min(series) <= 0:
        return
    best = int(np.argmin(series))
    ratio = series[-1] / series[best]
    rose = (series[-1] - series[best]) / series[0]
    if ratio > limit("overfitting") and rose > MUCH and train[-1] < train[best]:
        yield Finding(
            "epochs", "too many epochs",
            f"the validation loss is {ratio:.2f} times its best, of epoch {best + 1} of {len(series)}",
            "Stop there (EarlyStopping), use a smaller network, dropout or weight decay", ratio, "overfitting",
        )  # fmt: skip


def _too_few(record: Record) -> Iterator[Finding]:
    series = [logs["loss"] for logs in record.epochs if "loss" in logs]
    fell = progress(record)
    if not series or fell < SMALL_CHANGE:
        return
    rate = 1 - (series[-1] / series[-2]) if len(series) > 1 and series[-2] else fell
    if len(series) <= SHORT and rate > limit("still falling"):
        yield Finding(
            "epochs", "too few epochs", f"the loss still falls by {100 * rate:.0f} % an epoch at the end",
            "Train longer, until the validation loss no longer falls", rate, "still falling",
        )  # fmt: skip


def _stuck(record: Record) -> Iterator[Finding]:
    if progress(record) > SMALL_CHANGE:
        return
    spread = float(np.median(record.spread[len(record.spread) // 2 :])) if record.spread else 0.0
    alike = ", and the output is the same for all samples" if spread < 1e-4 else ""
    yield Finding(
        "unknown", "no learning", f"the loss fell by {100 * progress(record):.1f} %{alike}",
        "Try to learn 16 samples by heart first: if that fails, look at data, loss and learning rate in this order",
        progress(record),
    )  # fmt: skip
