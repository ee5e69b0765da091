"""`buckets` against what `tf.summary.histogram` writes into a file: the same bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from handnn.tensorboard.histogram import buckets

INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bool")
TINY32, TINY64 = float(np.finfo(np.float32).tiny), float(np.finfo(np.float64).tiny)
NAN, INF = np.nan, np.inf


@pytest.fixture(scope="module")
def tf_histogram(tmp_path_factory):
    """What `tf.summary.histogram` writes for an array: a function array, bucket count -> table."""
    import tensorflow as tf
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.util.tensor_util import make_ndarray

    def write_and_read(array, bucket_count=None):
        folder = tmp_path_factory.mktemp("tf")
        writer = tf.summary.create_file_writer(str(folder))
        with writer.as_default():
            tf.summary.histogram("h", tf.constant(array), step=0, buckets=bucket_count)
        writer.close()
        (file,) = folder.iterdir()
        records = list(tf.data.TFRecordDataset(str(file)).as_numpy_iterator())
        (value,) = Event.FromString(records[-1]).summary.value
        return make_ndarray(value.tensor)

    return write_and_read


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """The same shape, dtype and bits, but for the sign of a zero or NaN, which TensorFlow leaves open."""
    return one.shape == other.shape and one.dtype == other.dtype and _bits(one) == _bits(other)


def _bits(table: np.ndarray) -> bytes:
    plain = table.copy()
    plain[plain == 0] = 0.0
    plain[np.isnan(plain)] = np.nan
    return plain.tobytes()


def plain_numbers(dtype: str) -> st.SearchStrategy[float]:
    """Any number of this dtype, NaN and infinities too, but no float64 subnormal: see histogram.py."""
    return st.floats(width=int(dtype.removeprefix("float")), allow_subnormal=dtype != "float64")


@st.composite
def float_arrays(draw: st.DrawFn) -> np.ndarray:
    dtype = draw(st.sampled_from(["float16", "float32", "float64"]))
    return draw(hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0), elements=plain_numbers(dtype)))


@st.composite
def random_arrays(draw: st.DrawFn) -> np.ndarray:
    """Normal numbers around any centre, on any scale, contiguous or not: what training really logs."""
    dtype = draw(st.sampled_from(["float32", "float64"]))
    limit = 36 if dtype == "float32" else 290
    scale = 10.0 ** draw(st.integers(-limit, limit))
    centre = draw(st.sampled_from([0.0, 0.0, 1.0, -1.0, 1e3, -1e8]))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows, columns = draw(st.integers(1, 200)), draw(st.integers(1, 400))
    with np.errstate(over="ignore"):
        array = ((generator.standard_normal((rows, columns)) + centre) * scale).astype(dtype)
    return draw(st.sampled_from([array, array.T, array[::2], np.maximum(array, 0)]))


@given(array=float_arrays(), bucket_count=st.sampled_from([None, None, 1, 2, 7, 300]))
def test_any_floats(tf_histogram, array, bucket_count):
    assert same(buckets(array, bucket_count or 30), tf_histogram(array, bucket_count))


@given(array=st.sampled_from(INTEGERS).flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_side=0))))
def test_any_integers(tf_histogram, array):
    assert same(buckets(array), tf_histogram(array))


@given(array=random_arrays())
def test_what_training_logs(tf_histogram, array):
    assert same(buckets(array), tf_histogram(array))


@given(
    low=st.floats(-1e3, 1e3, allow_subnormal=False),
    width=st.floats(1e-9, 1e3),
    dtype=st.sampled_from(["float32", "float64"]),
)
@pytest.mark.slow
def test_elements_on_the_edges(tf_histogram, low, width, dtype):
    """Elements on an edge and one unit of rounding beside it, where the last bit decides."""
    edges = (low + width * np.arange(31)).astype(dtype)
    above, below = (np.nextafter(edges, np.array(limit, dtype)) for limit in (INF, -INF))
    array = np.concatenate([edges, above, below])
    assert same(buckets(array), tf_histogram(array))


SPECIAL = {
    "empty": np.zeros(0, np.float32),
    "empty, two dimensions": np.zeros((3, 0)),
    "one number, no dimension": np.float32(5),
    "one value": np.full((4, 5), 2.5, np.float32),
    "zeros": np.zeros(9),
    "both zeros": np.float32([0.0, -0.0, 1.0]),
    "only zeros of both signs": np.float32([-0.0, 0.0]),
    "NaN": np.float32([1, NAN, 2]),
    "only NaN": np.float64([NAN, NAN]),
    "infinity": np.float32([1, 2, INF]),
    "minus infinity": np.float32([-INF, 1, 2]),
    "both infinities": np.float64([-INF, 0, INF]),
    "only infinity": np.float32([INF, INF]),
    "infinity and NaN": np.float32([INF, NAN, 0]),
    "a range beyond float64": np.float64([-1e308, 0, 1e308]),
    "nearly that range": np.float64([-8.9e307, 0, 5e307, 8.9e307]),
    "the range of float32": np.float32([-3.4e38, 1, 3.4e38]),
    "neighbours": np.float64([1, 1 + 2**-52, 1 + 2**-51]),
    "float32 subnormals": np.float32([0, 1e-45, 1e-39]),
    "float32 subnormals beside normal numbers": np.float32([-1e-39, 0, 1e-38, 1.2e-38, 4e-38, 1e-36]),
    "float32 subnormals in a wide range": np.float32([-1, -1e-40, 0, 1e-40, 1]),
    "float32 subnormals at the low end": np.float32([1e-40, 1e-39, 1]),
    "float16 subnormals": np.float16([0, 6e-8, 1e-6, 5e-5]),
    "a difference that is subnormal": np.float64([4, 4.5]) * TINY64,
    "a width that is subnormal": np.float64([1, 2, 11]) * TINY64,
    "a width just normal": np.float64([1, 2, 40]) * TINY64,
    "around zero, nearly subnormal": np.linspace(-40 * TINY64, 40 * TINY64, 81),
    "around zero, nearly subnormal float32": np.linspace(-9 * TINY32, 9 * TINY32, 91).astype(np.float32),
    "int64 at its limits": np.array([-(2**63), 2**63 - 1]),
    "uint64 at its limit": np.array([3, 2**64 - 1], np.uint64),
}


@pytest.mark.quick(8)
@pytest.mark.parametrize("array", SPECIAL.values(), ids=SPECIAL.keys())
def test_special_cases(tf_histogram, array):
    assert same(buckets(array), tf_histogram(array))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(784, 512), (32768,), (32769,), (3, 32768)])
def test_many_elements(tf_histogram, dtype, shape):
    """Sizes around that of a chunk, and the largest kernel of the benchmark."""
    array = np.random.default_rng(1).standard_normal(shape).astype(dtype)
    table = buckets(array)
    assert table[:, 2].sum() == array.size
    assert same(table, tf_histogram(array))


def test_float64_subnormals_count_as_zero():
    """TensorFlow's own result depends on the length of the array here; this is ours, as histogram.py says."""
    array = np.float64([TINY64 / 4, TINY64 / 2])
    assert same(buckets(array), buckets(np.zeros(2)))


def test_other_byte_order_and_input_left_alone():
    array = np.random.default_rng(2).standard_normal(50).astype(np.float32)
    before = array.tobytes()
    assert same(buckets(array.astype(">f4")), buckets(array))
    assert array.tobytes() == before


def test_the_comparison_sees_small_mistakes():
    table = buckets(np.arange(100.0))
    assert same(table, table.copy())
    moved, nudged = table.copy(), table.copy()
    moved[3, 2] -= 1
    moved[4, 2] += 1
    nudged[5, 0] = np.nextafter(nudged[5, 0], INF)
    for wrong in (moved, nudged, table[::-1], table[:-1], table.astype(np.float32), np.full_like(table, NAN)):
        assert not same(table, wrong)


@pytest.mark.parametrize(
    "array",
    [np.array(["a"]), np.array([1j]), np.array([None]), np.array([1], "M8[s]")],
    ids=lambda a: str(a.dtype),
)
def test_refuses_what_is_not_a_real_number(array):
    with pytest.raises(TypeError, match=r"array: got dtype .*expected real numbers"):
        buckets(array)


def test_refuses_bad_bucket_counts():
    with pytest.raises(ValueError, match="bucket_count: got 0, expected at least 1"):
        buckets(np.ones(3), 0)
    for count in (2.0, True, "30"):
        with pytest.raises(TypeError, match=r"bucket_count: got .*, expected an integer"):
            buckets(np.ones(3), count)
