"""Keras layers, built-in or one's own: the derivatives that they declare, and their output beside a reference."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ... import layers
from ...rounding.bounded import Bounded
from .. import layer_reference as reference
from ..patterns import worst
from ..verdict import Verdict
from . import declared, surrogates
from .declared import Array, CannotRunError, Declared, Leaves
from .functions import tensorflow_and_keras

SHAPES: tuple[tuple[int, ...], ...] = ((4,), (5, 4), (6, 6, 3), (4, 6, 6, 3))
"""Of one sample, tried where nothing says which the layer takes."""
SAMPLES = 3


def is_keras(given: Any, name: str) -> bool:
    """Return whether an object or class is Keras' `name` or derived from it, without importing Keras."""
    kinds = given.__mro__ if inspect.isclass(given) else type(given).__mro__
    return any(kind.__name__ == name and kind.__module__.split(".")[0] == "keras" for kind in kinds)


def check_keras_layer(
    layer: Any,
    reference: Any = None,
    *,
    dtype: str = "float64",
    name: str = "",
    input_shape: Any = None,
    surrogate: bool = False,
    **options: Any,
) -> Verdict:
    """Judge a Keras layer: the gradients that GradientTape gives through its `call`, custom gradients included.

    Its own call is the judge, by differences. Its output is held against a reference: the one given, or handnn's layer
    of the same name if the class is Keras' own. The layer is not changed; a copy is judged in `dtype` if its config
    makes one.

    Args:
        layer, options: an object, or a class and the arguments of its constructor.
        reference: a handnn or Keras layer, or text such as "Dense(5, activation='tanh')".
        input_shape: of one sample; a list of shapes for a layer of several inputs.
        surrogate: the derivative by the inputs is not meant to be that of the forward pass.
    """
    _, keras = tensorflow_and_keras()
    if keras.backend.backend() != "tensorflow":
        raise ValueError(f"Keras must run on TensorFlow; its backend is {keras.backend.backend()}")
    made = layer(**options) if inspect.isclass(layer) else layer
    subject = name or type(made).__name__
    try:
        own = _Layer(made, dtype, input_shape)
    except CannotRunError as error:
        return Verdict(subject, "broken", str(error))
    try:
        return _judged(own, subject, made, reference, surrogate)
    except CannotRunError as error:
        return Verdict(subject, "broken", str(error), notes=own.notes)
    finally:
        own.restore()


def _judged(own: "_Layer", subject: str, made: Any, reference: Any, surrogate: bool) -> Verdict:
    judged = declared.judge(own.code())
    said = declared.verdict(subject, judged, "its own call")
    said.notes += own.notes
    if surrogate:
        inputs = declared.Judged({n: f for n, f in judged.found.items() if n in own.inputs})
        rest = declared.Judged({n: f for n, f in judged.found.items() if n not in own.inputs})
        told = surrogates.told(subject, own.code(), inputs)
        if not rest.wrong:
            told.checked, told.notes = list(judged.found), told.notes + own.notes
            said = told
    elif judged.wrong:
        said.notes += surrogates.hints(own.code(), judged, said, own.inputs)
    if said.ok:
        _forward(said, own, reference, made)
    return said


class _Layer:
    """A layer on random numbers, whose state is put back before every call."""

    def __init__(self, given: Any, dtype: str, input_shape: Any) -> None:
        self.tf, self.notes, self.complaint = tensorflow_and_keras()[0], list[str](), ""
        self.integers = False
        for make, kind in _copies(given, dtype):
            for self.shapes in _shapes(given, input_shape):
                for self.integers in (False, True):
                    self.layer, self.dtype = make(), kind
                    if self._works():
                        self._keep(given)
                        if kind != dtype:
                            self.notes.append(f"judged in {kind}: it cannot be made in {dtype} from its config")
                        return
        hint = "" if input_shape is not None else "; give input_shape"
        raise CannotRunError(f"it could not be called{hint}: {self.complaint}")

    def _works(self) -> bool:
        try:
            self.state: list[tuple[Any, Any]] = []
            inputs = self._inputs(0)
            outputs = [np.asarray(a) for a in self._call(inputs)]
            if not self.integers and not self.layer.non_trainable_variables and all(np.any(x) for x in inputs):
                whole = [np.asarray(a) for a in self._call([np.trunc(x).astype(x.dtype) for x in inputs])]
                if all(np.array_equal(a, b) for a, b in zip(outputs, whole, strict=True)):
                    return False  # it takes integers
            return all(a.dtype.kind == "f" for a in outputs)
        except Exception as error:  # a user's code may raise anything
            self.complaint = self.complaint or declared.raised(error)
            return False

    def _keep(self, given: Any) -> None:
        if self.layer is not given and given.built and len(given.weights) == len(self.layer.weights):
            for own, other in zip(self.layer.weights, given.weights, strict=True):
                own.assign(np.asarray(other, own.dtype))
        self.trained = _named(self.layer)
        several = [f"x{i + 1}" for i in range(len(self.shapes))]
        self.inputs = [] if self.integers else several if several[1:] else ["x"]
        self.held: dict[str, Array] = {}
        self.start = {name: np.array(v, self.dtype) for name, v in self.trained.items()}
        self.state = [(v, np.array(v)) for v in self.layer.non_trainable_variables]
        self.compiled = None
        self.compiled = self._compile()

    def _inputs(self, seed: int) -> list[Array]:
        rng = np.random.default_rng([2, seed])
        if self.integers:
            return [rng.integers(0, 3, (SAMPLES, *shape)) for shape in self.shapes]
        return [np.asarray(rng.normal(size=(SAMPLES, *shape)), self.dtype) for shape in self.shapes]

    def _call(self, inputs: Sequence[Any], training: bool = True) -> list[Any]:
        for variable, value in self.state:
            variable.assign(value)
        self.tf.random.set_seed(0)
        given, flags = self._arguments(inputs, training)
        return self.tf.nest.flatten(self.layer(*given, **flags))

    def _arguments(self, inputs: Sequence[Any], training: bool) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the inputs as arguments, or as a list if there are several for one argument, and flags."""
        known = inspect.signature(self.layer.call).parameters
        flags = {"training": training} if "training" in known else {}
        required = [p for p in known.values() if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
        apart = len(inputs) == 1 or len(required) == len(inputs)
        return (inputs if apart else [list(inputs)]), flags

    def _compile(self) -> Any:
        """Return the call as a compiled function of inputs and weights; None if that computes something else."""
        state = [value for _, value in self.state]

        def call(inputs: list[Any], weights: list[Any]) -> Any:
            given, flags = self._arguments(inputs, True)
            return self.tf.nest.flatten(self.layer.stateless_call(weights, state, *given, **flags)[0])

        made = self.tf.function(call, autograph=False)
        leaves = self.draws(0)
        try:
            found = [np.asarray(a) for a in made(*self._tensors(leaves))]
        except Exception:  # it cannot be compiled: it is called as it is
            return None
        eager = self.output(leaves)
        same = all(np.max(np.abs(a - b), initial=0.0) <= 64 * np.finfo(self.dtype).eps * np.max(np.abs(b), initial=0.0)
                   for a, b in zip(found, eager, strict=True))  # fmt: skip
        return made if same else None

    def _tensors(self, leaves: Leaves) -> tuple[list[Any], list[Any]]:
        inputs = self.given if self.integers else [leaves[name] for name in self.inputs]
        return [self.tf.constant(x) for x in inputs], [self.tf.constant(leaves[name]) for name in self.trained]

    def _hold(self, leaves: Leaves) -> None:
        """Put the weights of the leaves into the layer; those that are there already stay."""
        for name, variable in self.trained.items():
            if self.held.get(name) is not leaves[name]:
                variable.assign(leaves[name])
                self.held[name] = leaves[name]

    def restore(self) -> None:
        """Put everything back as it was."""
        self._hold(self.start)
        for variable, value in self.state:
            variable.assign(value)

    def draws(self, seed: int) -> dict[str, Array]:
        """Return inputs, and weights around their own."""
        rng = np.random.default_rng([3, seed])
        weights = {n: np.asarray(w + 0.5 * rng.normal(size=w.shape), self.dtype) for n, w in self.start.items()}
        self.given = self._inputs(seed)
        return {**dict(zip(self.inputs, self.given, strict=False)), **weights}

    def output(self, leaves: Leaves, training: bool = True) -> list[Array]:
        """Return the outputs as arrays."""
        if training and self.compiled is not None:
            return [np.asarray(a) for a in self.compiled(*self._tensors(leaves))]
        self._hold(leaves)
        return [np.asarray(a) for a in self._call(self._tensors(leaves)[0], training)]

    def gradients(self, leaves: Leaves, upstream: Sequence[Array]) -> Mapping[str, Array | None]:
        """Return what the tape says."""
        tf = self.tf
        self._hold(leaves)
        inputs, _ = self._tensors(leaves)
        weights = [getattr(v, "value", v) for v in self.trained.values()]
        with tf.GradientTape() as tape:
            tape.watch([x for x in inputs if x.dtype.is_floating])
            outputs = self._call(inputs)
        found = tape.gradient(outputs, [*(inputs if self.inputs else []), *weights], output_gradients=list(upstream))
        names = [*self.inputs, *self.trained]
        return {
            n: None if g is None else np.asarray(tf.convert_to_tensor(g)) for n, g in zip(names, found, strict=True)
        }

    def code(self) -> Declared:
        """Return the layer as code that declares derivatives."""
        return Declared(self.draws, self.output, self.gradients, [*self.inputs, *self.trained], self.dtype)


def _copies(given: Any, dtype: str) -> list[tuple[Callable[[], Any], str]]:
    """Return how copies in the dtype are made, and the object itself."""

    def made() -> Any:
        return type(given).from_config({**given.get_config(), "dtype": dtype})

    try:
        made()
    except Exception:  # its config does not say how it is made
        return [(lambda: given, given.compute_dtype)]
    return [(made, dtype), (lambda: given, given.compute_dtype)]


def _shapes(given: Any, wanted: Any) -> list[list[tuple[int, ...]]]:
    """Return the shapes of one sample that are tried, a list for each input."""
    if wanted is not None:
        several = isinstance(wanted, list) and bool(wanted) and isinstance(wanted[0], tuple | list)
        return [[tuple(shape) for shape in wanted]] if several else [[tuple(np.atleast_1d(wanted).tolist())]]
    config = given.get_build_config() if given.built else None
    shape = (config or {}).get("input_shape")
    if isinstance(shape, tuple | list) and shape and not isinstance(shape[0], tuple | list):
        return [[tuple(size or 5 for size in shape[1:])]]
    return [[one] for one in SHAPES] + [[one, one] for one in SHAPES[:2]]


def _named(layer: Any) -> dict[str, Any]:
    """Return the trained variables by their attributes' names, or by their own."""
    attributes = {id(value): name for name, value in vars(layer).items()}
    variables = layer.trainable_variables
    names = [attributes.get(id(variable), variable.name).strip("_") for variable in variables]
    return {n if names.count(n) == 1 else f"{n}_{i}": v for i, (n, v) in enumerate(zip(names, variables, strict=True))}


# ---- its output beside a reference ----------------------------------------------------------------------------------


def _forward(said: Verdict, own: _Layer, wanted: Any, made: Any) -> None:
    """Hold the output against a reference, and complete the verdict with what is found."""
    builtin = type(made).__module__.split(".")[0] == "keras"
    try:
        other = _reference(wanted if wanted is not None else made if builtin else None, own.dtype)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        if wanted is not None:
            raise ValueError(f"reference: {' '.join(str(error).split())}") from None
        other = None
    if other is None:
        if builtin:
            said.notes.append("handnn has no layer of this name: only its derivatives were compared")
        return
    against = (
        f"handnn's {type(other).__name__}" if isinstance(other, layers.Layer) else f"Keras' {type(other).__name__}"
    )
    leaves = own.draws(0)
    mine = own.output(leaves, training=False)[0].astype("float64")
    try:
        right, allowed = _output_of(other, own, leaves, mine)
    except (ValueError, NotImplementedError) as error:
        said.unchecked.append({"what": f"output against {against}", "why": " ".join(str(error).split())})
    else:
        if mine.shape != right.shape:
            said.verdict, said.where = "wrong", "forward"
            said.summary = f"its output has shape {mine.shape}; that of {against} has {right.shape}"
        elif np.any(np.abs(mine - right) > allowed):
            said.verdict, said.where = "wrong", "forward"
            said.summary = f"its output is not that of {against}; its derivatives are those of its own call"
            said.example = [worst("output", mine, right, allowed)]
        said.checked = [f"output against {against}", *said.checked]
    if said.unchecked and said.ok and wanted is not None:
        said.verdict, said.summary = "incomplete", "nothing wrong was found, but not everything could be compared"


def _reference(given: Any, dtype: str) -> Any:
    """Return handnn's layer, or Keras' if handnn has none of this name; None for None."""
    _, keras = tensorflow_and_keras()
    own = type(given).__module__.split(".")[0] == "keras"
    if given is None or (own and not {type(given).__name__} & {*layers.layers, *vars(keras.layers)}):
        return None
    return reference.made(given, dtype, vars(keras.layers))


def _output_of(other: Any, own: _Layer, leaves: Leaves, mine: Array) -> tuple[Array, Array]:
    """Return the reference's output on the same numbers, and how far two right outputs may be apart.

    Raises:
        ValueError: its weights have no partners.
    """
    if len(own.shapes) != 1:
        raise ValueError("it has several inputs")
    x = own.given[0]
    state = {v.name: value for v, value in own.state if value.dtype.kind == "f"}
    reference.fill(other, x.shape[1:], {**{n: leaves[n] for n in own.start}, **state}, _partners)
    if isinstance(other, layers.Layer):
        t = reference.passed(other, Bounded(x) if x.dtype.kind == "f" else x, training=False)
        value, allowed = reference.right(t.a, own.dtype)
        return value, np.maximum(allowed, _measured(own, leaves, mine))
    known = inspect.signature(other.call).parameters
    flags = {"training": False} if "training" in known else {}
    right = np.asarray(own.tf.nest.flatten(other(own.tf.constant(x), **flags))[0], "float64")
    return right, _measured(own, leaves, mine)


def _partners(wanted: list[tuple[str, tuple[int, ...]]], mine: Mapping[str, Array]) -> dict[str, tuple[str, bool]]:
    """Return for each weight of the reference the user's, in order if the shapes fit, otherwise by name and shape."""
    if [shape for _, shape in wanted] == [w.shape for w in mine.values()]:
        return {name: (key, False) for (name, _), key in zip(wanted, mine, strict=True)}
    return reference.roles_of(wanted, mine)


def _measured(own: _Layer, leaves: Leaves, mine: Array) -> Array:
    """Return the rounding of an output: what moving inputs and weights by a few units in the last place changes."""
    rng, code, found = np.random.default_rng(4), own.code(), np.zeros(mine.shape)
    for _ in range(2):
        moved = code.nearby(leaves, rng)
        found = np.maximum(found, np.abs(own.output(moved, training=False)[0].astype("float64") - mine))
    return 8 * np.max(found, initial=0.0) + 8 * code.eps * np.abs(mine)
