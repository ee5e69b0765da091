"""Small systems of equations, by the steps that LAPACK takes: Cholesky's factor, elimination with pivots, substitution.

Each step is a rule of its own, so the bound holds for any order of the sums within a step. It grows quickly with the
size; above `LARGEST` unknowns, or where rounding may choose another pivot, there is no rule.
"""

from typing import Any

import numpy as np

from .arrays import Enclosure, together
from .rules import NoRuleError, rule

LARGEST = 64


def _square_size(a: Enclosure, name: str) -> int:
    if a.ndim != 2 or a.shape[0] != a.shape[1] or not 0 < a.shape[0] <= LARGEST:
        raise NoRuleError(f"numpy.linalg.{name} has a rounding rule for one square matrix of at most {LARGEST} rows")
    return a.shape[0]


def _less_products(x: Any, rows: Any, columns: Any) -> Any:
    """Return x - rows @ columns, as one sum: in any order."""
    if rows.shape[-1] == 0:
        return x
    wide, shape = np.concatenate([x[..., None], -(rows[..., :, None, :] * columns.T[..., None, :, :])], -1), x.shape
    return np.reshape(np.sum(wide, axis=-1), shape)


def _quotient(a: Any, b: Any) -> Any:
    """a / b, or a (1 / b) with 1 / b rounded, as LAPACK has it."""
    one, other = a / b, a * (1 / b)
    return Enclosure.of(one.mid, np.minimum(one.low, other.low), np.maximum(one.high, other.high), one.precision)


@rule(np.linalg.cholesky)
def cholesky(a: Enclosure, /, *, upper: bool = False) -> Enclosure:
    """a = L L^T, column by column: l_jj = sqrt(a_jj - sum l_jk^2), l_ij = (a_ij - sum l_ik l_jk) / l_jj."""
    n = _square_size(a, "cholesky")
    (a,) = together(a)
    factor: Any = np.zeros_like(a)
    for j in range(n):
        row = factor[j : j + 1, :j]
        below = _less_products(a[j:, j : j + 1], factor[j:, :j], row.T)
        root = np.sqrt(below[:1])
        if not (root.low > 0).all():
            raise NoRuleError("numpy.linalg.cholesky: rounding may make the matrix not positive definite")
        factor[j, j] = root[0, 0]
        if j + 1 < n:
            factor[j + 1 :, j] = _quotient(below[1:], root)[:, 0]
    return factor.T if upper else factor


@rule(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    """Elimination with partial pivoting, then substitution from the last row up."""
    a, b = together(a, b)
    n = _square_size(a, "solve")
    vector = b.ndim == 1
    table = np.concatenate([a, b[:, None] if vector else b], axis=1)
    lower = np.zeros_like(a)
    upper: list[Enclosure] = []
    order = list(range(n))
    for j in range(n):
        rest = order[j:]
        column = _reduced(table, lower, upper, rest, slice(j, j + 1))
        size = np.abs(column)
        best = int(np.argmax(size.mid[:, 0]))
        others = np.delete(size.high[:, 0], best)
        if size.low[best, 0] <= 0 or (others >= size.low[best, 0]).any():
            raise NoRuleError(
                "numpy.linalg.solve: rounding may choose another pivot, or none; the bound does not hold there"
            )
        order[j], order[j + best] = order[j + best], order[j]
        column[[0, best]] = column[[best, 0]]
        for k, row in enumerate(order[j + 1 :]):
            lower[row, j] = _quotient(column[k + 1], column[0])[0]
        upper.append(_reduced(table, lower, upper, order[j : j + 1], slice(j, None))[0])
    found: list[Any] = []
    for j in reversed(range(n)):
        entries, right = upper[j][: n - j], upper[j][n - j :]
        if found:
            right = _less_products(right[None], entries[1:][None], np.stack(found[::-1]))[0]
        found.append(_quotient(right, entries[0]))
    solved = np.stack(found[::-1])
    return solved[:, 0] if vector else solved


def _reduced(table: Any, lower: Any, upper: list[Enclosure], rows: list[int], columns: slice) -> Any:
    """Return entries of these rows after the elimination so far."""
    j, start = len(upper), columns.start
    x = table[np.array(rows)][:, columns]
    if not j:
        return x
    width = x.shape[1]
    above = np.stack([upper[k][start - k : start - k + width] for k in range(j)])
    return _less_products(x, lower[np.array(rows)][:, :j], above)


@rule(np.linalg.inv)
def inverse(a: Enclosure) -> Any:
    """Solve for the columns of the identity."""
    return np.linalg.solve(a, np.eye(_square_size(a, "inv")))


@rule(np.linalg.det)
def determinant(a: Enclosure) -> Any:
    if a.shape == (1, 1):
        return a[0, 0]
    if a.shape == (2, 2):
        return a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]
    raise NoRuleError("numpy.linalg.det has a rounding rule for 2 rows only")
