"""Mistakes in db."""

from typing import Any

from ..base import mistake
from .at import At
from .conditions import with_slope


@mistake(
    "db averaged",
    "db",
    "db = mean of delta",
    "db = sum of delta",
    "1/N is in delta already, db is its sum over the samples",
    equivalent="one sample",
)
def db_averaged(at: At, db: Any) -> Any:
    return db / at.N


@mistake(
    "db without the mean",
    "db",
    "db = N sum of delta",
    "db = sum of delta",
    "db is a sum over the samples where the rest is a mean",
    equivalent="one sample",
)
def db_summed(at: At, db: Any) -> Any:
    return db * at.N


@mistake(
    "db not summed",
    "db",
    "db = delta",
    "db = delta.sum(axis=0)",
    "the sum over the samples is missing",
    equivalent="one sample",
)
def db_not_summed(at: At, db: Any) -> Any:
    return at.delta


@mistake(
    "db summed over the wrong axis",
    "db",
    "db = delta.sum(axis=1)",
    "db = delta.sum(axis=0)",
    "the sum runs over the units instead of the samples",
)
def db_axis(at: At, db: Any) -> Any:
    return at.delta.sum(axis=1)


@mistake(
    "db a sum of everything",
    "db",
    "db = delta.sum()",
    "db = delta.sum(axis=0)",
    "the sum runs over samples and units",
    applies=lambda at: at.delta.shape[1] > 1,
)
def db_everything(at: At, db: Any) -> Any:
    return 0 * db + at.delta.sum()


@mistake("db forgotten", "db", "db = 0", "db = delta.sum(axis=0)", "the bias gets no gradient")
def db_zero(at: At, db: Any) -> Any:
    return 0 * db


@mistake(
    "db of the last sample only",
    "db",
    "db = delta_N",
    "db = delta.sum(axis=0)",
    "each sample overwrites the one before: = for +=",
    equivalent="one sample",
)
def db_last(at: At, db: Any) -> Any:
    return at.delta[-1]


@mistake(
    "db of the first sample only",
    "db",
    "db = delta_1",
    "db = delta.sum(axis=0)",
    "only the first sample is used",
    equivalent="one sample",
)
def db_first(at: At, db: Any) -> Any:
    return at.delta[0]


@mistake(
    "sign of db",
    "db",
    "db = -sum of delta",
    "db = sum of delta",
    "the sign is wrong, or belongs to a bias that is subtracted",
)
def db_sign(at: At, db: Any) -> Any:
    return -db


@mistake("bias in db", "db", "db = b * sum of delta", "db = sum of delta", "dz/db is 1, not b")
def db_times_bias(at: At, db: Any) -> Any:
    return db * at.b


@mistake(
    "upstream for delta in db",
    "db",
    "db = sum of upstream",
    "db = sum of delta",
    "f' is missing in db (and there only)",
    applies=with_slope,
)
def db_of_upstream(at: At, db: Any) -> Any:
    return at.upstream.sum(axis=0)
