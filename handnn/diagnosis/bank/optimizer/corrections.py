"""Mistakes in the bias corrections."""

from typing import Any

from .rules import ADAM, CORRECTED, At, mistake, root_of, taken_by


@mistake(
    "no bias correction",
    "c",
    "m / (sqrt(v) + eps)",
    "m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + eps)",
    "the running averages are not corrected for starting at 0",
    applies=taken_by("adam", "adamw", "adamax"),
)
def uncorrected(at: At, c: Any) -> Any:
    return 1, 1


@mistake(
    "first moment not corrected",
    "c1",
    "m_hat = m",
    "m_hat = m / (1 - beta_1^t)",
    "the average of the gradients is not corrected for starting at 0",
    applies=ADAM,
)
def first_uncorrected(at: At, c: Any) -> Any:
    return 1


@mistake(
    "second moment not corrected",
    "c2",
    "v_hat = v",
    "v_hat = v / (1 - beta_2^t)",
    "the average of the squares is not corrected for starting at 0",
    applies=CORRECTED,
)
def second_uncorrected(at: At, c: Any) -> Any:
    return 1


@mistake(
    "beta for beta^t",
    "c",
    "m_hat = m / (1 - beta_1)",
    "m_hat = m / (1 - beta_1^t)",
    "the bias correction does not depend on the step: beta stands for beta^t",
    applies=taken_by("adam", "adamw", "adamax"),
)
def no_power(at: At, c: Any) -> Any:
    return 1 - at.h["beta_1"], 1 - at.h["beta_2"]


@mistake(
    "beta_1 for beta_1^t",
    "c1",
    "m_hat = m / (1 - beta_1)",
    "m_hat = m / (1 - beta_1^t)",
    "the correction of m does not depend on the step",
    applies=ADAM,
)
def no_power_1(at: At, c: Any) -> Any:
    return 1 - at.h["beta_1"]


@mistake(
    "beta_2 for beta_2^t",
    "c2",
    "v_hat = v / (1 - beta_2)",
    "v_hat = v / (1 - beta_2^t)",
    "the correction of v does not depend on the step",
    applies=CORRECTED,
)
def no_power_2(at: At, c: Any) -> Any:
    return 1 - at.h["beta_2"]


@mistake(
    "bias corrections swapped",
    "correction",
    "m / (1 - beta_2^t), v / (1 - beta_1^t)",
    "m / (1 - beta_1^t), v / (1 - beta_2^t)",
    "m is corrected with beta_2 and v with beta_1",
    applies=ADAM,
)
def corrections_swapped(at: At, correction: Any) -> Any:
    return root_of(at.c1) / at.c2


@mistake(
    "root of the second correction forgotten",
    "correction",
    "lr (1 - beta_2^t) / (1 - beta_1^t)",
    "lr sqrt(1 - beta_2^t) / (1 - beta_1^t)",
    "the correction of v is not under the root",
    applies=ADAM,
)
def correction_withoutroot_of(at: At, correction: Any) -> Any:
    return at.c2 / at.c1


@mistake(
    "bias correction multiplied",
    "correction",
    "m_hat = m (1 - beta_1^t), v_hat = v (1 - beta_2^t)",
    "m_hat = m / (1 - beta_1^t), v_hat = v / (1 - beta_2^t)",
    "the averages are multiplied by the corrections instead of divided: they start even smaller",
    applies=ADAM,
)
def correction_multiplied(at: At, correction: Any) -> Any:
    return at.c1 / root_of(at.c2)


@mistake(
    "beta_1^t in the average",
    "beta_1",
    "m = beta_1^t m + (1 - beta_1^t) g",
    "m = beta_1 m + (1 - beta_1) g",
    "the power belongs to the bias correction, not to the average",
    applies=ADAM,
)
def power_in_average(at: At, beta: Any) -> Any:
    return at.h["beta_1"] ** at.t


@mistake(
    "corrected averages are kept",
    "kept",
    "m = m / (1 - beta_1^t), and so on",
    "m_hat = m / (1 - beta_1^t)",
    "the corrected averages overwrite the running ones, and are corrected again next time",
    applies=ADAM,
)
def corrected_kept(at: At, nothing: Any) -> None:
    at.slots["m"], at.slots["v"] = at.slots["m"] / at.c1, at.slots["v"] / at.c2
