"""Reductions of short rows: NumPy's own numbers, to the bit."""

import numpy as np
import pytest

from handnn.core import rows


@pytest.mark.parametrize("width", range(1, rows.SHORT + 2))
def test_largest_and_sum_of_rows_are_numpys(width, dtype, rng):
    for shape in ((7, width), (800, width), (25, 40, width)):
        z = (rng.normal(size=shape) * 10.0 ** rng.integers(-5, 5, shape)).astype(dtype)
        for function, numpys in ((rows.largest, np.max), (rows.summed, np.sum)):
            expected = numpys(z, axis=-1, keepdims=True)
            assert function(z).tobytes() == expected.tobytes() and function(z).shape == expected.shape


def test_rows_that_are_not_finite_and_other_axes(rng):
    z = rng.normal(size=(900, 5))
    z[0, 2], z[1, 0], z[2] = np.nan, np.inf, -np.inf
    for function, numpys in ((rows.largest, np.max), (rows.summed, np.sum)):
        np.testing.assert_array_equal(function(z), numpys(z, axis=-1, keepdims=True))
        np.testing.assert_array_equal(function(z[3:], 0), numpys(z[3:], axis=0, keepdims=True))
        np.testing.assert_array_equal(function(z[:, ::2]), numpys(z[:, ::2], axis=-1, keepdims=True))
