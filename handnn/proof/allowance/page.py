"""The page docs/allowance.md: what the allowance is, and what was measured about it."""

import textwrap
from collections import defaultdict
from typing import Any

import numpy as np

from . import mutants
from .catalogue import CASES
from .mutants import Caught
from .sharpness import FORMATS, MIXED, STOCHASTIC_RUNS, Found

HEAD = """# The allowance of a formula: what it is, and what was measured

`handnn.allowance(f, *inputs, dtype=...)` returns, element by element, the value of a formula and how far rounding may
move it in a precision. `handnn.testing.assert_explained_by_rounding` compares with that; nobody chooses a tolerance.
How to use it: [which-tolerance.md](which-tolerance.md). This page is written by

    python -m handnn.proof.allowance --count {count} --output docs/allowance.md

## How it works

NumPy calls of the formula go to `Enclosure`s (`handnn/rounding/enclosure/arrays.py`): for each element an interval of
everything that an implementation may have there, and of the exact result. u is the unit roundoff of the format, half a
unit in the last place.

| operation | interval of the result |
| --- | --- |
| x + y, x - y, x y, x / y, sqrt | of all operands in their intervals, each end also rounded |
| a sum of n terms | + (n - 1) u (sum of magnitudes), any order [1] |
| the same, pairwise | + ((1 + u)^h - 1) (sum of magnitudes), h = log2 n [2] |
| the same, one by one | one addition after the other, as written |
| a sum of n products | + n u (sum of magnitudes of the products) [1] |
| exp, log, tanh, ... | ends widened by c u; c from CUDA's guide and measured |
| max, min, abs, sort, floor | of the ends: these never decrease, and do not round |
| np.where, x < y | where rounding may turn the comparison: both choices |
| accumulated in float32 | the sum in float32, then rounded once to the format |
| denormals | float32, float64, bfloat16: may be flushed to 0, or not |
| fused products | always allowed: the exact product lies in the interval |
| overflow, x / 0 | nothing is known there: the verdict is 'unknown' |

Values and ends are computed in float64 (in longdouble for float64), rounded outwards. Nothing is of first order only,
and no bound is statistical, unlike `Bounded` of [derivations/allowance.md](derivations/allowance.md), with which handnn
splices its own layers.

What it does not cover: another formula. A kernel that computes E[x^2] - E[x]^2 for a variance, or x (1/y) for x/y, is
judged by the formula that it computes: write that one down. Nor does it cover operations less accurate than the above:
CUDA's `-use_fast_math`, approximate divisions. Tensor cores that truncate need `rounding="any"`. An operation without a
rule is refused by name. Linear systems have a rule up to 64 unknowns, if rounding cannot choose another pivot.

[1] Jeannerod, Rump: Improved error bounds for inner products in floating-point arithmetic, SIAM J. Matrix Anal. Appl.
34 (2013). [2] Higham: Accuracy and Stability of Numerical Algorithms (2002), section 4.2.
"""


def page(
    count: int, found: dict[tuple[str, str], Found], said: list[str], caught: dict[Any, Caught], draws: int
) -> str:
    """Return the page."""
    parts = [HEAD.format(count=count), _soundness(found, said), _sharpness(found), _spread(found)]
    return "\n".join([*parts, _mutants(caught, draws)])


def _total(found: Any, name: str) -> int:
    return sum(getattr(own, name) for own in found)


def _median(arrays: list[Any]) -> float:
    joined = np.concatenate([np.zeros(0), *arrays])
    return float(np.median(joined)) if joined.size else float("nan")


def _number(x: float) -> str:
    return "-" if np.isnan(x) else f"{x:.1f}" if x < 10 else f"{x:.0f}" if x < 1e4 else f"{x:.0e}"


def _soundness(found: dict[tuple[str, str], Found], said: list[str]) -> str:
    lines = [
        "## Is it ever violated?\n",
        f"{len(CASES)} cases cover every rule. An evaluation is one element of one result: its exact value, by mpmath",
        "with 60 digits, must lie in the interval. Computed results must too: NumPy's own, and those of an independent",
        "emulation that rounds every operation by itself, adds in random order, and fuses products and flushes",
        "denormals at random, with denormals, zeros, ties and cancellation among the inputs.\n",
        "| arithmetic | evaluations | computed results | violated | unknown |",
        "| --- | --: | --: | --: | --: |",
    ]
    for name in [*FORMATS, *(own.name for own in MIXED)]:
        own = [one for (_, arithmetic), one in found.items() if arithmetic == name]
        numbers = [_total(own, field) for field in ("elements", "compared", "violations", "unknown")]
        lines.append(f"| {name} | " + " | ".join(f"{n:,}" for n in numbers) + " |")
    numbers = [_total(found.values(), field) for field in ("elements", "compared", "violations", "unknown")]
    lines.append("| all | " + " | ".join(f"{n:,}" for n in numbers) + " |")
    lines += ["", "Unknown: overflow, or division by what may be 0; there a result never counts as explained."]
    lines += ["TensorFlow's kernels of 20 functions, in four formats: `tests/rounding/test_tensorflow_results.py`."]
    lines += [f"\nViolated: {line}" for line in said[:20]]
    return "\n".join(lines) + "\n"


def _sharpness(found: dict[tuple[str, str], Found]) -> str:
    columns = ("float16", "bfloat16", "float32", "float64", "float8_e4m3fn")
    lines = [
        "## How sharp is it?\n",
        "Median of bound / |computed - exact|, over all elements where both differ. 1 cannot be beaten. An elementary",
        "function gets what the worst library may do, which NumPy rarely does; a sum what the worst order may do.",
        "Where rounding may turn a comparison (`where`, any, all: ties are among the inputs), both are allowed.\n",
        "| rule | float16 | bfloat16 | float32 | float64 | float8 |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    for name in CASES:
        own = [found[name, dtype].ratios if (name, dtype) in found else np.zeros(0) for dtype in columns]
        lines.append(f"| {name} | " + " | ".join(_number(_median([x])) for x in own) + " |")
    every = [[one.ratios for (_, dtype), one in found.items() if dtype == column] for column in columns]
    lines.append("| all | " + " | ".join(_number(_median(x)) for x in every) + " |")
    return "\n".join(lines) + "\n"


def _spread(found: dict[tuple[str, str], Found]) -> str:
    """An independent check of the size of the bounds."""
    columns = ("float16", "bfloat16", "float32", "float64")
    lines = [
        "## The size of the bounds, by stochastic arithmetic\n",
        "As in CADNA and Verificarlo, every operation is rounded up or down at random, and the formula runs",
        f"{STOCHASTIC_RUNS} times. Median of the bound for such rounding / the largest deviation of the runs from the",
        "exact result. It shares no rule with the enclosures; a run that left one would count above as violated.\n",
        "| rules | float16 | bfloat16 | float32 | float64 |",
        "| --- | --: | --: | --: | --: |",
    ]
    groups: dict[str, list[str]] = defaultdict(list)
    for name in CASES:
        groups[_group(name)].append(name)
    for group, names in groups.items():
        own = [[found[name, dtype].spread for name in names if (name, dtype) in found] for dtype in columns]
        lines.append(f"| {group} | " + " | ".join(_number(_median(x)) for x in own) + " |")
    return "\n".join(lines) + "\n"


def _group(name: str) -> str:
    from .catalogue import ELEMENTARY, FUNCTIONS

    if name in ELEMENTARY:
        return "arithmetic, comparisons"
    return "functions" if name in FUNCTIONS else "sums, products, formulas"


def _mutants(caught: dict[Any, Caught], draws: int) -> str:
    count = len(mutants.FORMULAS) * draws
    lines = [
        "## Does it notice a mistake?\n",
        *textwrap.wrap(f"{len(mutants.FORMULAS)} known formulas: {', '.join(mutants.FORMULAS)}.", 118),
        f"In each a factor 1 + r in one step, {draws} draws each: {count} results a row. Share rejected by the",
        "allowance, by `numpy.testing.assert_allclose` and by `torch.testing.assert_close`, both at their defaults:",
        "rtol 1e-7, and [by dtype](https://docs.pytorch.org/docs/stable/testing.html) (rtol, atol) of",
        ", ".join(f"{name} ({rtol:g}, {atol:g})" for name, (rtol, atol) in mutants.TORCH.items()) + ".",
        "The last two are given the float64 result, rounded, as what is expected.\n",
        "| dtype | factor | allowance | assert_allclose | assert_close |",
        "| --- | --- | --: | --: | --: |",
    ]
    for dtype in mutants.DTYPES:
        for mistake in (0.0, *mutants.MISTAKES):
            if dtype == "float16" and 0 < mistake < 1e-3:
                continue  # 1 + r is 1 in float16
            own = [one for (_, kind, r), one in caught.items() if (kind, r) == (dtype, mistake)]
            shares = [sum(getattr(one, who) for one in own) / count for who in ("allowance", "numpy", "torch")]
            label = "none: right" if mistake == 0 else f"1 + {mistake:g}"
            lines.append(f"| {dtype} | {label} | " + " | ".join(f"{share:.1%}" for share in shares) + " |")
    missed = [name for name in mutants.FORMULAS if caught[name, "float32", 1e-5].allowance < draws]
    lines += [
        "",
        "The first row of each dtype holds the false alarms: right results that are rejected. Of the mutants by 1e-5",
        f"in float32, the allowance misses some of: {', '.join(missed) or 'none'}.",
        "There the factor moves no element beyond what rounding may do to it on these inputs.",
    ]
    return "\n".join(lines) + "\n"
