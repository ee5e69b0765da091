"""How good predictions are: accuracy of labels, R2 and mean absolute error of quantities; and baselines."""

from __future__ import annotations

import numpy as np

from ..metrics.from_losses import MeanAbsoluteError
from ..metrics.regression import R2Score
from .dataset import Dataset

MOST_CELLS = 500_000
"""Samples times features up to which a linear model is fitted; it takes about a second there."""


def score(task: str, y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Return {"accuracy"} of labels (n,), or {"R2", "MAE"} of quantities (n, outputs); a mean over outputs."""
    if task == "classification":
        return {"accuracy": float(np.mean(np.asarray(y).reshape(-1) == np.asarray(predicted).reshape(-1)))}
    truth, guess = (np.asarray(a, dtype=np.float64).reshape(len(y), -1) for a in (y, predicted))
    r2, error = R2Score(dtype="float64"), MeanAbsoluteError(dtype="float64")
    r2.update_state(truth, guess)
    error.update_state(truth, guess)
    return {"R2": float(r2.result()), "MAE": float(error.result())}


def labels(outputs: np.ndarray, from_logits: bool = False) -> np.ndarray:
    """Return the label (n,) of each row of a network's outputs; one output is the probability of class 1."""
    if outputs.shape[-1] > 1:
        return outputs.argmax(axis=-1)
    return (outputs[..., 0] > (0 if from_logits else 0.5)).astype(np.int64)


def baselines(dataset: Dataset) -> dict[str, dict[str, float]]:
    """Return the scores on the validation part of what is learned from the train part without a network.

    The most frequent class or the mean, and a linear model on the same inputs (logistic or least squares).
    """
    x, y = dataset.x_train, dataset.y_train
    truth, count = dataset.y_validation, len(dataset.y_validation)
    if dataset.task == "classification":
        common = int(np.bincount(y).argmax())
        found = {"most frequent class": score(dataset.task, truth, np.full(count, common))}
    else:
        found = {"mean": score(dataset.task, truth, np.broadcast_to(y.mean(axis=0), truth.shape))}
    if x.size <= MOST_CELLS:
        name, predicted = _linear(dataset)
        found[name] = score(dataset.task, truth, predicted)
    return found


def _linear(dataset: Dataset) -> tuple[str, np.ndarray]:
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression, Ridge

    name = "logistic regression" if dataset.task == "classification" else "linear regression"
    # A little shrinkage: one-hot columns add up to 1, so that plain least squares has no unique solution.
    model = LogisticRegression() if dataset.task == "classification" else Ridge(alpha=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(dataset.x_train.astype(np.float64), dataset.y_train)
    return name, model.predict(dataset.x_validation.astype(np.float64))
