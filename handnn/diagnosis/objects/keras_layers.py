"""Keras layers, built-in or one's own: the derivatives that they declare, and their output beside a reference."""

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ... import layers
from ...core.trace import LayerTrace
from ...rounding import allowance
from ...rounding.bounded import Bounded
from ..layer.cases import roles_of
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
        judged = declared.judge(own.code())
    except CannotRunError as error:
        return Verdict(subject, "broken", str(error), name=name)
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
        self.inputs = [] if self.integers else ["x"] if len(self.shapes) == 1 else _numbered(len(self.shapes))
        self.start = {name: np.array(v, self.dtype) for name, v in self.trained.items()}
        self.state = [(v, np.array(v)) for v in self.layer.non_trainable_variables]

    def _inputs(self, seed: int) -> list[Array]:
        rng = np.random.default_rng([2, seed])
        if self.integers:
            return [rng.integers(0, 3, (SAMPLES, *shape)) for shape in self.shapes]
        return [np.asarray(rng.normal(size=(SAMPLES, *shape)), self.dtype) for shape in self.shapes]

    def _call(self, inputs: Sequence[Any], training: bool = True) -> list[Any]:
        for variable, value in self.state:
            variable.assign(value)
        self.tf.random.set_seed(0)
        known = inspect.signature(self.layer.call).parameters
        flags = {"training": training} if "training" in known else {}
        required = [p for p in known.values() if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
        given = inputs if len(required) > 1 and len(required) == len(inputs) else [list(inputs)]
        return self.tf.nest.flatten(self.layer(*(given if len(inputs) > 1 else inputs), **flags))

    @contextmanager
    def _holding(self, leaves: Leaves) -> Iterator[None]:
        """Put the weights of the leaves into the layer, and then its own back."""
        before = {name: np.array(variable) for name, variable in self.trained.items()}
        for name, variable in self.trained.items():
            variable.assign(leaves[name])
        try:
            yield
        finally:
            for name, variable in self.trained.items():
                variable.assign(before[name])
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
        inputs = self.given if self.integers else [leaves[name] for name in self.inputs]
        with self._holding(leaves):
            return [np.asarray(a) for a in self._call([self.tf.constant(x) for x in inputs], training)]

    def gradients(self, leaves: Leaves, upstream: Sequence[Array]) -> Mapping[str, Array | None]:
        """Return what the tape says."""
        tf = self.tf
        with self._holding(leaves):
            inputs = [tf.constant(x) for x in (self.given if self.integers else [leaves[n] for n in self.inputs])]
            weights = [getattr(v, "value", v) for v in self.trained.values()]
            with tf.GradientTape() as tape:
                tape.watch([x for x in inputs if x.dtype.is_floating])
                outputs = self._call(inputs)
            found = tape.gradient(
                outputs, [*(inputs if self.inputs else []), *weights], output_gradients=list(upstream)
            )
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


def _numbered(count: int) -> list[str]:
    return [f"x{i + 1}" for i in range(count)]


# ---- its output beside a reference ----------------------------------------------------------------------------------


def _forward(said: Verdict, own: _Layer, reference: Any, made: Any) -> None:
    """Hold the output against a reference, and complete the verdict with what is found."""
    builtin = type(made).__module__.split(".")[0] == "keras"
    try:
        other = _reference(reference if reference is not None else made if builtin else None, own.dtype)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        if reference is not None:
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
            index = np.unravel_index(int(np.argmax(np.abs(mine - right) - allowed)), mine.shape)
            place = ", ".join(str(int(i)) for i in index)
            said.verdict, said.where = "wrong", "forward"
            said.summary = f"its output is not that of {against}; its derivatives are those of its own call"
            said.example = [f"output[{place}] = {mine[index]:.6g} here, {right[index]:.6g} expected"]
        said.checked = [f"output against {against}", *said.checked]
    if said.unchecked and said.ok and reference is not None:
        said.verdict, said.summary = "incomplete", "nothing wrong was found, but not everything could be compared"


def _reference(given: Any, dtype: str) -> Any:
    """Return handnn's layer, or Keras' if handnn has none of this name; None for None."""
    if given is None:
        return None
    _, keras = tensorflow_and_keras()
    if isinstance(given, str):
        tree = ast.parse(given.strip(), mode="eval").body
        call = tree if isinstance(tree, ast.Call) else ast.Call(tree, [], [])
        if not isinstance(call.func, ast.Name):
            raise ValueError(f"it must read like \"Dense(5, activation='tanh')\"; received {given!r}")
        class_name = call.func.id
        arguments = [ast.literal_eval(a) for a in call.args]
        config = {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg} | {"dtype": dtype}
        home = layers.layers if class_name in layers.layers else vars(keras.layers)
        if class_name not in home:
            raise ValueError(f"neither handnn nor Keras has a layer {class_name!r}")
        return home[class_name](*arguments, **config)
    class_name, config = type(given).__name__, given.get_config() | {"dtype": dtype}
    if class_name in layers.layers:
        return layers.from_config({"class_name": class_name, "config": config})
    own = type(given).__module__.split(".")[0] == "keras"
    return None if own and not hasattr(keras.layers, class_name) else _keras_twin(given, config)


def _keras_twin(given: Any, config: dict[str, Any]) -> Any:
    return type(given).from_config(config)


def _output_of(other: Any, own: _Layer, leaves: Leaves, mine: Array) -> tuple[Array, Array]:
    """Return the reference's output on the same numbers, and how far two right outputs may be apart.

    Raises:
        ValueError: its weights have no partners.
    """
    if len(own.shapes) != 1:
        raise ValueError("it has several inputs")
    x = own.given[0]
    if not isinstance(other, layers.Layer):
        other.build((None, *x.shape[1:]))
        partners = _partners(other.weights, own)
        for variable in other.weights:
            name, turned = partners[variable.name]
            variable.assign(_value(name, own, leaves).T if turned else _value(name, own, leaves))
        known = inspect.signature(other.call).parameters
        flags = {"training": False} if "training" in known else {}
        right = np.asarray(own.tf.nest.flatten(other(own.tf.constant(x), **flags))[0], "float64")
        return right, _measured(own, leaves, mine)
    other.build((None, *x.shape[1:]))
    every = [*other.trainable_weights, *other.non_trainable_weights]
    partners = _partners(every, own)
    for weight in every:
        name, turned = partners[weight.name]
        value = _value(name, own, leaves)
        weight.value[...] = (value.T if turned else value).reshape(weight.shape)
    t: Any = LayerTrace("layer")
    t.training, t.x = False, Bounded(x) if x.dtype.kind == "f" else x
    with np.errstate(all="ignore"):
        other.forward(t)
        other.activate(t)
    bounded = t.a if isinstance(t.a, Bounded) else Bounded(np.asarray(t.a, own.dtype))
    value = bounded.value.astype("float64")
    error = bounded.error + allowance.unit_roundoff(bounded.dtype) * np.abs(value)
    return value, np.maximum(allowance.of(error, bounded.dtype), _measured(own, leaves, mine))


def _partners(wanted: Sequence[Any], own: _Layer) -> dict[str, tuple[str, bool]]:
    """Return for each weight of the reference the user's, in order if the shapes fit, otherwise by name and shape."""
    state = {v.name: np.array(v) for v in own.layer.non_trainable_variables if np.array(v).dtype.kind == "f"}
    mine = {**own.start, **state}
    shapes = [(w.name, tuple(w.shape)) for w in wanted]
    if [shape for _, shape in shapes] == [w.shape for w in mine.values()]:
        return {name: (key, False) for (name, _), key in zip(shapes, mine, strict=True)}
    return roles_of(shapes, mine)


def _value(name: str, own: _Layer, leaves: Leaves) -> Array:
    held = {v.name: value for v, value in own.state}
    return leaves[name] if name in leaves else held[name]


def _measured(own: _Layer, leaves: Leaves, mine: Array) -> Array:
    """Return the rounding of an output: what moving inputs and weights by a few units in the last place changes."""
    rng, code, found = np.random.default_rng(4), own.code(), np.zeros(mine.shape)
    for _ in range(2):
        moved = code.nearby(leaves, rng)
        found = np.maximum(found, np.abs(own.output(moved, training=False)[0].astype("float64") - mine))
    return 8 * np.max(found, initial=0.0) + 8 * code.eps * np.abs(mine)
