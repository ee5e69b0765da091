"""`keras.ops` in NumPy: so that metrics, losses and layers written with these names run.

Where NumPy has the function under Keras' name, it is NumPy's, in NumPy's dtypes. Functions of neural networks are those
of `handnn.activations`. They compute on arrays; of symbolic tensors, those in `layers/operations` make operations.
"""

from typing import Any

import numpy as np

from . import activations
from .config import floatx
from .core.variable import Array, Variable, as_array
from .layers.keras_tensor import KerasTensor, is_symbolic

NUMPY = """abs absolute add all allclose amax amin angle any append arange arccos arccosh arcsin arcsinh arctan arctan2
arctanh argmax argmin argpartition argsort array array_split average bartlett bincount bitwise_and bitwise_invert
bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor blackman broadcast_to cbrt ceil clip
concatenate conj conjugate copy corrcoef correlate cos cosh count_nonzero cross cumprod cumsum deg2rad diag diagflat
diagonal diff digitize divide dot dsplit dstack einsum empty empty_like equal exp exp2 expand_dims expm1 eye fabs flip
fliplr flipud floor floor_divide fmax fmin fmod full full_like gcd geomspace greater greater_equal hamming hanning
heaviside histogram hsplit hstack hypot i0 identity imag inner isclose isfinite isin isinf isnan isneginf isposinf
isreal kaiser kron lcm ldexp left_shift less less_equal linspace log log10 log1p log2 logaddexp logaddexp2 logical_and
logical_not logical_or logical_xor logspace matmul max maximum mean median meshgrid min minimum mod moveaxis multiply
nan_to_num nanargmax nanargmin nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile
nanstd nansum nanvar ndim negative nextafter nonzero not_equal ones ones_like outer pad percentile power prod ptp
quantile rad2deg ravel real reciprocal repeat reshape right_shift roll rot90 round searchsorted select sign signbit sin
sinc sinh size sort split sqrt square squeeze stack std subtract sum swapaxes take take_along_axis tan tanh tensordot
tile trace transpose trapezoid tri tril triu true_divide trunc unravel_index vander var vdot vectorize vsplit vstack
where zeros zeros_like"""
"""Names of `keras.ops` that are NumPy's functions."""
LINALG = "cholesky det eig eigh inv lstsq matrix_rank norm pinv qr slogdet solve svd"
ACTIVATIONS = """celu elu exponential glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu
log_sigmoid log_softmax relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid
sparsemax squareplus swish tanh_shrink threshold"""

_TABLE: dict[str, Any] = {name: (np, name) for name in NUMPY.split()}
_TABLE |= {name: (np.linalg, name) for name in LINALG.split()}
_TABLE |= {name: (activations, name) for name in ACTIVATIONS.split()}


def __getattr__(name: str) -> Any:
    if name in _TABLE:
        module, own = _TABLE[name]
        return getattr(module, own)
    raise AttributeError(f"module 'handnn.ops' has no attribute {name!r}; NumPy's functions work on handnn's arrays")


def __dir__() -> list[str]:
    return sorted({*globals(), *_TABLE})


def relu(x: Any) -> Any:
    return x.activated(activations.relu, of_ops=True) if is_symbolic(x) else activations.relu(x)


def gelu(x: Any, approximate: bool = True) -> Any:
    return activations.gelu(x, approximate)


def cast(x: Any, dtype: Any) -> Any:
    """Return x in another dtype; a symbolic tensor has one dtype."""
    if is_symbolic(x) and x.dtype == dtype:
        return x
    return as_array(x).astype(dtype)


def convert_to_tensor(x: Any, dtype: Any = None, sparse: None = None, ragged: None = None) -> Array:
    """Return x as an array; Python's floats in floatx."""
    given = as_array(x)
    if dtype is None and not isinstance(x, np.ndarray | np.generic | Variable) and given.dtype == "float64":
        dtype = floatx()
    return given if dtype is None else given.astype(dtype, copy=False)


def convert_to_numpy(x: Any) -> Array:
    return np.array(as_array(x))


def is_tensor(x: Any) -> bool:
    return isinstance(x, np.ndarray | KerasTensor)


def shape(x: Any) -> tuple[int | None, ...]:
    return tuple(x.shape) if isinstance(x, KerasTensor) else np.shape(x)


def dtype(x: Any) -> str:
    return str(as_array(x).dtype)


def divide_no_nan(x1: Any, x2: Any) -> Array:
    """Return x1 / x2, and 0 where x2 is 0."""
    a, b = as_array(x1), as_array(x2)
    return np.where(b == 0, 0, a / np.where(b == 0, 1, b))


def erf(x: Any) -> Array:
    from scipy.special import erf as of_scipy  # SciPy takes longer to load than all of handnn

    return of_scipy(as_array(x))


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Array:
    """Return log(sum(exp(x))), with the largest x taken out first."""
    largest = np.max(x, axis=axis, keepdims=True)
    found = np.log(np.sum(np.exp(x - largest), axis=axis, keepdims=True)) + largest
    return found if keepdims else np.squeeze(found, axis)


def moments(x: Any, axes: Any, keepdims: bool = False) -> tuple[Array, Array]:
    axes = tuple(axes) if isinstance(axes, list | tuple) else axes
    return np.mean(x, axis=axes, keepdims=keepdims), np.var(x, axis=axes, keepdims=keepdims)


def normalize(x: Any, axis: int = -1, order: int = 2, epsilon: float | None = None) -> Array:
    """Return x divided by its norm along an axis, of at least epsilon (1e-7)."""
    norm = np.linalg.norm(as_array(x), ord=order, axis=axis, keepdims=True)
    return x / np.maximum(norm, 1e-7 if epsilon is None else epsilon)


def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False) -> Array:
    """Return 1 at the index, 0 elsewhere; a negative index gives zeros."""
    found = (np.expand_dims(as_array(x), -1) == np.arange(num_classes)).astype(dtype or floatx())
    return np.moveaxis(found, -1, axis)


def rsqrt(x: Any) -> Array:
    return 1 / np.sqrt(x)


def slice(inputs: Any, start_indices: Any, shape: Any) -> Array:
    """Return the part of this shape that begins at start_indices."""
    return as_array(inputs)[tuple(np.s_[i : i + n] for i, n in zip(start_indices, shape, strict=True))]


def stop_gradient(variable: Any) -> Any:
    """Return the argument: there are no automatic derivatives to stop."""
    return variable


def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Array]:
    return [np.squeeze(part, axis) for part in np.split(x, np.shape(x)[axis], axis)]


def top_k(x: Any, k: int, sorted: bool = True) -> tuple[Array, Array]:
    """Return the k largest values of the last axis, and their indices; of equal ones the first."""
    indices = np.argsort(-as_array(x), axis=-1, kind="stable")[..., :k]
    return np.take_along_axis(as_array(x), indices, -1), indices
