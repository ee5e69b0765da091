"""What messages and descriptions name: columns, keys, sizes of pictures."""

import numpy as np
import pytest

from handnn import data

WIDE = [f"column {i}" for i in range(30)]


def table(header):
    return "\n".join([",".join(header), *(",".join(str(i + j) for j in range(len(header))) for i in range(8))])


def test_an_unknown_target_names_columns(csv_file):
    """Those that are spelled like it, otherwise the first twenty."""
    path = str(csv_file(table(WIDE)))
    with pytest.raises(ValueError, match=r"target must be .*the name of one column, such as 'column 1'"):
        data.load(path, target="colum 1")
    with pytest.raises(ValueError, match=r"such as 'column 0' or 'column 1' or .*'column 19'; ") as told:
        data.load(path, target="xyz")
    assert "column 20" not in str(told.value)


@pytest.mark.parametrize("count", [1, 19, 20, 21, 40])
def test_the_keys_of_an_npz_file_that_has_no_pair_are_named(count, npz_file):
    with pytest.raises(ValueError, match="holds the keys") as told:
        data.load(str(npz_file(**{f"key_{i}": np.zeros(3) for i in range(count)})))
    told = str(told.value)
    assert [f"'key_{i}'" in told for i in range(count)] == [i < 20 for i in range(count)]
    assert (" and more" in told) == (count > 20)


def test_a_description_has_the_size_of_pictures_alone(npz_file):
    rng, labels = np.random.default_rng(0), np.arange(20) % 2
    assert "(3x5)" in data.load(str(npz_file(x=rng.integers(0, 256, (20, 3, 5), dtype=np.uint8), y=labels))).describe()
    assert "x5" not in data.load(str(npz_file(x=rng.normal(size=(20, 15)), y=labels))).describe()
