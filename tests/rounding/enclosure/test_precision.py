"""Formats and roundings against NumPy's and ml_dtypes' own."""

import ml_dtypes
import numpy as np
import pytest

from handnn.rounding.enclosure import FORMATS, precision
from handnn.rounding.enclosure.precision import numpy_dtype

NATIVE = [name for name in FORMATS if name != "tf32"]


@pytest.mark.parametrize("name", NATIVE)
def test_a_format_is_that_of_the_library(name):
    own, info = FORMATS[name], (ml_dtypes.finfo if "float8" in name or name == "bfloat16" else np.finfo)(name)
    assert own.bits == info.nmant + 1
    assert 2.0**own.lowest == float(info.smallest_normal)
    assert own.largest == float(info.max)
    assert own.infinite == np.isinf(np.array([np.inf]).astype(numpy_dtype(name)).astype("float64")[0])


@pytest.mark.parametrize("name", NATIVE)
@np.errstate(all="ignore")
def test_an_interval_holds_a_number_and_what_the_library_makes_of_it(name, rng):
    p, form = precision(name), FORMATS[name]
    spread = min(30, -form.lowest / 3.5)
    x = rng.normal(size=2000) * 10 ** rng.uniform(-spread, spread, 2000)
    x = np.concatenate([x, [0.0, 1.0, 2.0**form.lowest * 0.75, form.largest, form.largest * 0.999]]).astype(p.work)
    low, high = p.rounded(x, x)
    cast = x.astype(numpy_dtype(name)).astype(p.work)
    known = np.isfinite(low) & np.isfinite(high)
    assert ((low <= x) & (x <= high))[known].all() and ((low <= cast) & (cast <= high))[known].all()
    normal = known & (np.abs(x) > 2 * 2.0**form.lowest)
    assert ((high - low)[normal] <= (2 * p.u + 2.0**-22 * (form.bits < 24)) * np.abs(x)[normal]).all()
    assert np.isfinite(cast[known]).all()


@pytest.mark.parametrize("name", NATIVE)
def test_directed_rounding_goes_to_either_neighbour(name, rng):
    p, dtype = precision(name, rounding="any"), numpy_dtype(name)
    x = rng.uniform(1, 4, 200).astype(p.work)
    low, high = p.snapped(x, x)
    near = x.astype(dtype)
    for side, end in ((-1, low), (1, high)):
        other = np.nextafter(near, np.array(side * 100, dtype)).astype(p.work)
        neighbour = np.where((near.astype(p.work) - x) * side >= 0, near.astype(p.work), other)
        assert np.array_equal(end, neighbour)


def test_sums_grow_less_in_a_tree():
    sizes = [precision("float32", how).growth(1023) / 2**-24 for how in (None, "sequential", "blocked:32", "tree")]
    assert sizes == pytest.approx([1023, 1023, 62, 10], rel=1e-4)
    assert precision("bfloat16").growth(10**6) == 10**6 * 2**-8  # holds for every n
    assert precision("bfloat16", "float32").accumulating().growth(3) == 3 * 2**-24


def test_denormals_of_narrow_formats_are_kept():
    assert precision("float16").smallest == 2.0**-24 and precision("float32").smallest == 2.0**-126
    assert precision("float32", denormals=True).smallest == 2.0**-149
    assert precision("float16", denormals=False).smallest == 2.0**-14
