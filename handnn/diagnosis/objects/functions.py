"""Functions of TensorFlow, PyTorch and JAX that declare a derivative: called with arrays, answering with arrays."""

import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .declared import Array, CannotRunError, Declared, Leaves, raised

SIDES = ((3, 4), (4, 4), (4,), (2, 3, 4), (2, 5, 5, 3))
"""Shapes that are tried for arguments of which nothing is known."""
MISSING = {
    "tensorflow": "judging TensorFlow's functions needs it: pip install 'handnn[keras]'",
    "torch": "judging torch.autograd.Function needs PyTorch: pip install torch",
    "jax": "judging jax.custom_vjp needs JAX: pip install jax",
}


class Backend(NamedTuple):
    """How functions are run: (function, arrays) -> outputs, and (function, arrays, upstream) -> gradients or None."""

    name: str
    call: Callable[[Any, Sequence[Array]], list[Array]]
    gradients: Callable[[Any, Sequence[Array], Sequence[Array]], list[Array | None]]


def framework_of(given: Any) -> str:
    """Return 'tensorflow', 'torch' or 'jax' for a function or class of it; '' for plain Python."""
    owner = getattr(given, "__self__", given)  # Function.apply
    kinds = owner.__mro__ if inspect.isclass(owner) else type(owner).__mro__
    tops = {kind.__module__.split(".")[0]: kind for kind in kinds}
    if hasattr(given, "_tf_decorator") or "tensorflow" in tops:
        return "tensorflow"
    if "torch" in tops:
        return "torch"
    return "jax" if any(name.startswith("jax") for name in tops) else ""


def backend_of(given: Any) -> Backend:
    """Return the backend of a function; of plain Python functions TensorFlow's.

    Raises:
        ModuleNotFoundError: it is not installed; one line says what to install.
    """
    name = framework_of(given) or "tensorflow"
    try:
        return {"tensorflow": tensorflow_backend, "torch": torch_backend, "jax": jax_backend}[name]()
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(MISSING[name], name=error.name) from None


def tensorflow_and_keras() -> tuple[Any, Any]:
    """Return both modules; raise ModuleNotFoundError, in one line what to install, if they are not there."""
    importlib.import_module("tf_reference")  # sets the backend and keeps TensorFlow quiet
    return importlib.import_module("tensorflow"), importlib.import_module("keras")


def tensorflow_backend() -> Backend:
    """Return TensorFlow's: its gradients come from a GradientTape."""
    tf, _ = tensorflow_and_keras()

    def call(function: Any, arrays: Sequence[Array]) -> list[Array]:
        tf.random.set_seed(0)
        return [np.asarray(a) for a in tf.nest.flatten(function(*map(tf.constant, arrays)))]

    def gradients(function: Any, arrays: Sequence[Array], upstream: Sequence[Array]) -> list[Array | None]:
        tf.random.set_seed(0)
        given = [tf.constant(a) for a in arrays]
        with tf.GradientTape() as tape:
            tape.watch(given)
            outputs = tf.nest.flatten(function(*given))
        found = tape.gradient(outputs, given, output_gradients=[tf.constant(u) for u in upstream])
        return [None if g is None else np.asarray(tf.convert_to_tensor(g)) for g in found]

    return Backend("TensorFlow", call, gradients)


def torch_backend() -> Backend:
    """Return PyTorch's: a class is run by its `apply`."""
    import torch

    def run(function: Any, arrays: Sequence[Array], watched: bool) -> tuple[list[Any], list[Any]]:
        torch.manual_seed(0)
        given = [torch.tensor(a, requires_grad=watched and a.dtype.kind == "f") for a in arrays]
        made = getattr(function, "apply", function)(*given)
        return given, list(made) if isinstance(made, tuple | list) else [made]

    def call(function: Any, arrays: Sequence[Array]) -> list[Array]:
        return [a.detach().numpy() for a in run(function, arrays, False)[1]]

    def gradients(function: Any, arrays: Sequence[Array], upstream: Sequence[Array]) -> list[Array | None]:
        given, outputs = run(function, arrays, True)
        found = torch.autograd.grad(outputs, given, [torch.tensor(u) for u in upstream], allow_unused=True)
        return [None if g is None else g.numpy() for g in found]

    return Backend("PyTorch", call, gradients)


def jax_backend() -> Backend:
    """Return JAX's, in 64 bits."""
    import jax

    def call(function: Any, arrays: Sequence[Array]) -> list[Array]:
        with jax.enable_x64(True):
            return [np.asarray(a) for a in jax.tree.leaves(function(*map(jax.numpy.asarray, arrays)))]

    def gradients(function: Any, arrays: Sequence[Array], upstream: Sequence[Array]) -> list[Array | None]:
        with jax.enable_x64(True):
            outputs, back = jax.vjp(function, *map(jax.numpy.asarray, arrays))
            tree = jax.tree.structure(outputs)
            return [np.asarray(g) for g in back(jax.tree.unflatten(tree, map(jax.numpy.asarray, upstream)))]

    return Backend("JAX", call, gradients)


def declared(backend: Backend, function: Any, inputs: Sequence[Any] | None, dtype: str) -> Declared:
    """Return a function as code that declares derivatives by each of its floating-point arguments.

    Args:
        inputs: arrays such as it takes; without them shapes are tried.

    Raises:
        CannotRunError: it does not take the inputs, or any that were tried.
    """
    names = _names(backend, function, len(inputs) if inputs is not None else None)
    tried = [[np.asarray(a) for a in inputs]] if inputs is not None else [[np.zeros(s)] * len(names) for s in SIDES]
    kinds = [dtype] if dtype == "float32" else [dtype, "float32"]
    complaint = ""
    for kind in kinds:
        for pattern in tried:
            code = _of(backend, function, names, pattern, kind, inputs is not None)
            try:
                code.gradients(code.draws(0), code.upstream(code.draws(0), 0))
                return code
            except Exception as error:  # a user's code may raise anything
                complaint = complaint or raised(error)
    hint = "" if inputs is not None else "; give inputs=[arrays such as it takes]"
    raise CannotRunError(f"it could not be run{hint}: {complaint}")


def _of(backend: Backend, function: Any, names: list[str], pattern: list[Array], dtype: str, given: bool) -> Declared:
    def draws(seed: int) -> dict[str, Array]:
        rng = np.random.default_rng([1, seed])
        found = {}
        for name, array in zip(names, pattern, strict=True):
            if array.dtype.kind != "f":
                found[name] = array
            elif given and seed == 0:
                found[name] = array.astype(dtype)
            else:
                found[name] = np.asarray(rng.normal(size=array.shape), dtype)
        return found

    def forward(leaves: Leaves) -> list[Array]:
        return backend.call(function, [leaves[name] for name in names])

    def gradients(leaves: Leaves, upstream: Sequence[Array]) -> Mapping[str, Array | None]:
        arrays = [leaves[name] for name in names]
        return dict(zip(names, backend.gradients(function, arrays, upstream), strict=True))

    claimed = [name for name, array in zip(names, pattern, strict=True) if array.dtype.kind == "f"]
    return Declared(draws, forward, gradients, claimed, dtype)


def _names(backend: Backend, function: Any, count: int | None) -> list[str]:
    """Return the names of the arguments that must be given; of so many if the count is known."""
    target = function
    if backend.name == "PyTorch":
        owner = getattr(function, "__self__", function)
        target = getattr(owner, "forward", function) if inspect.isclass(owner) else function
    try:
        known = list(inspect.signature(target).parameters.values())
    except (TypeError, ValueError):
        known = []
    if backend.name == "PyTorch" and target is not function and known:
        known = known[1:]  # ctx
    names = [p.name for p in known if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if count is not None:
        return (names + [f"x{i + 1}" for i in range(len(names), count)])[:count]
    return [p.name for p in known if p.name in names and p.default is p.empty] or ["x"]
