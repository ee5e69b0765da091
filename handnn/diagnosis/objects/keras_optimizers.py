"""Keras optimizers beside handnn's rules, and a Keras model's own `train_step` beside the gradient of its loss."""

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ... import optimizers
from ..optimizer.check import check_optimizer
from ..verdict import Verdict
from . import declared
from .declared import Array, CannotRunError, Declared, Leaves, raised
from .functions import tensorflow_and_keras

ROUNDED = "hyperparameters are rounded to float32"


def check_keras_optimizer(
    optimizer: Any, reference: Any = None, *, dtype: str = "float64", name: str = "", **options: Any
) -> Verdict:
    """Judge a Keras optimizer, built-in or one's own: every step beside the rule's.

    Args:
        optimizer: an object, or a class and its hyperparameters; it is not changed.
        reference: a name of Keras', or a handnn or Keras optimizer; by default the nearest class that handnn has, with
            the hyperparameters of the object's config.
        options: hyperparameters; for an object those of the reference.

    Raises:
        ValueError: nothing says which rule it is meant to be.
    """
    tensorflow_and_keras()
    given = optimizer(**options) if inspect.isclass(optimizer) else optimizer
    subject = name or type(given).__name__
    rule = reference if reference is not None else _rule(given)
    if rule is None:
        names = ", ".join(sorted(optimizers.optimizers))
        raise ValueError(f"reference must say which optimizer {subject} is meant to be; known are {names}")
    known = isinstance(reference, str) and reference.lower() in optimizers.optimizers
    wanted = _config(given, optimizers.get(reference.lower()).get_config()) if known else {}
    wanted |= options if given is optimizer else {}
    said = check_optimizer(_Steps(lambda: _fresh(given)), rule, dtype=dtype, name=subject, **wanted)
    if said.unknown and dtype == "float64":  # Keras rounds hyperparameters to float32, also in the formulas of mistakes
        named = check_optimizer(_Steps(lambda: _fresh(given)), rule, dtype="float32", name=subject, **wanted)
        said = named if named.mistakes else said
    if said.verdict == "other convention" and all(text.startswith(ROUNDED) for text in said.convention):
        said.verdict, said.convention = "match", []
        said.summary = "every step is the rule's; hyperparameters are rounded to float32, as Keras does"
    return said


class _Steps:
    """A Keras optimizer as an object with a method that takes and returns lists of arrays."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make, self.held = make, list[Any]()

    def step(self, parameters: list[Array], gradients: list[Array]) -> list[Array]:
        """Return the parameters after a step."""
        tf, keras = tensorflow_and_keras()
        if not self.held:
            self.variables = [keras.Variable(x, dtype=x.dtype.name, name=f"w{i}") for i, x in enumerate(parameters)]
            self.held.append(self.make())
            self.held[0].build(self.variables)
        for variable, value in zip(self.variables, parameters, strict=True):
            variable.assign(value)
        self.held[0].apply([tf.constant(g) for g in gradients], self.variables)
        return [np.array(variable) for variable in self.variables]


def _fresh(given: Any) -> Any:
    """Return a new optimizer of the same kind."""
    try:
        return type(given).from_config(given.get_config())
    except Exception:  # its config does not say how it is made
        if given.built:
            raise TypeError(f"{type(given).__name__} has taken steps and its get_config() does not remake it") from None
        return copy.deepcopy(given)


def _rule(given: Any) -> Any:
    """Return handnn's optimizer of the nearest class that it has, with the object's hyperparameters."""
    for kind in type(given).__mro__:
        if kind.__name__.lower() in optimizers.optimizers:
            cls = type(optimizers.get(kind.__name__.lower()))
            return cls.from_config({**cls().get_config(), **_config(given, cls().get_config())})
    return None


def _config(given: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hyperparameters of an optimizer that the rule knows; numbers as they were written."""
    found = {key: value for key, value in given.get_config().items() if key in known and key != "name"}
    return {key: float(str(np.float32(value))) if isinstance(value, float) else value for key, value in found.items()}


# ---- a train_step of one's own --------------------------------------------------------------------------------------


def check_train_step(model: Any, x: Any, y: Any, *, name: str = "") -> Verdict:
    """Judge the gradients that a Keras model's own `train_step` gives its optimizer, or by which it moves its weights.

    Where the loss that it reports is `compute_loss`, they are held against GradientTape's of that; otherwise against
    differences of the loss that it reports. The model, its optimizer and metrics are left as they were.

    Args:
        model: compiled. x, y: one small batch.

    Raises:
        ValueError: it is not compiled, or reports no loss.
    """
    if getattr(model, "optimizer", None) is None:
        raise ValueError("model must be compiled with an optimizer and, if its train_step uses it, a loss")
    step = _TrainStep(model, x, y)
    subject = name or f"{type(model).__name__}.train_step"
    try:
        with step.restored():
            return _judged(step, subject)
    except CannotRunError as error:
        return Verdict(subject, "broken", str(error))


class _TrainStep:
    """Runs the train_step of a model again and again from the same state."""

    def __init__(self, model: Any, x: Any, y: Any) -> None:
        self.tf, self.model, self.optimizer = tensorflow_and_keras()[0], model, model.optimizer
        self.x, self.y = self.tf.nest.map_structure(self.tf.constant, (x, y))
        if not model.built:
            model(self.x)
        self.optimizer.build(model.trainable_variables)
        self.variables = {variable.path: variable for variable in model.trainable_variables}
        self.dtype = np.dtype(next(iter(self.variables.values())).dtype).name if self.variables else "float32"
        held = [*model.variables, *self.optimizer.variables, *(v for m in model.metrics for v in m.variables)]
        self.state = [(v, np.array(v)) for v in held]
        self.weights = {name: np.array(v) for name, v in self.variables.items()}
        self.factor: float | None = None  # of moves, where no gradients are given

    @contextmanager
    def restored(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._restore()

    def _restore(self) -> None:
        for variable, value in self.state:
            variable.assign(value)
        self.tf.random.set_seed(0)

    def start(self, leaves: Leaves) -> None:
        """Put everything back, and these weights in."""
        self._restore()
        self.model.reset_metrics()
        for name, variable in self.variables.items():
            variable.assign(leaves[name])

    def loss(self, leaves: Leaves) -> float:
        """Return the loss that a step from these weights reports."""
        self.start(leaves)
        try:
            logs = self.model.train_step((self.x, self.y))
        except Exception as error:  # a user's code may raise anything
            raise CannotRunError(f"train_step fails: {raised(error)}") from None
        if not isinstance(logs, Mapping) or "loss" not in logs:
            raise CannotRunError("train_step must return a dict with 'loss'")
        return float(np.asarray(logs["loss"], "float64"))

    def step(self, leaves: Leaves) -> tuple[dict[str, Array], dict[str, Array], float]:
        """Return the gradients handed to the optimizer, by how much the weights moved, and the loss."""
        taken: dict[int, Any] = {}
        apply = self.optimizer.apply

        def recorded(grads: Any, trainable_variables: Any = None) -> Any:
            grads = list(grads)
            owners = self.model.trainable_variables if trainable_variables is None else list(trainable_variables)
            for gradient, owner in zip(grads, owners, strict=True):
                if gradient is not None:
                    taken.setdefault(id(owner), np.asarray(self.tf.convert_to_tensor(gradient)))
            return apply(grads, trainable_variables)

        self.optimizer.apply = recorded
        try:
            loss = self.loss(leaves)
        finally:
            del self.optimizer.apply
        ids = {name: {id(v), id(getattr(v, "value", v))} for name, v in self.variables.items()}
        given = {name: taken[key] for name, keys in ids.items() for key in keys if key in taken}
        moves = {name: leaves[name].astype("float64") - np.asarray(v) for name, v in self.variables.items()}
        return given, moves, loss

    def tape(self, leaves: Leaves) -> tuple[float, dict[str, Array]] | None:
        """Return `compute_loss` and its gradients; None where it cannot be computed."""
        self.start(leaves)
        variables = [getattr(v, "value", v) for v in self.variables.values()]
        try:
            with self.tf.GradientTape() as tape:
                loss = self.model.compute_loss(x=self.x, y=self.y, y_pred=self.model(self.x, training=True))
            found = tape.gradient(loss, variables, unconnected_gradients="zero")
        except Exception:  # there is no compiled loss, or the model is called in another way
            return None
        arrays = [np.asarray(self.tf.convert_to_tensor(g), "float64") for g in found]
        return float(np.asarray(loss, "float64")), dict(zip(self.variables, arrays, strict=True))


def _judged(step: _TrainStep, subject: str) -> Verdict:
    given, moves, loss = step.step(step.weights)
    notes: list[str] = []
    tape = step.tape(step.weights)
    eps = float(np.finfo(step.dtype).eps)
    nearby = _nearby(step, eps)
    noise = abs(step.loss(nearby) - loss)
    same = tape is not None and abs(tape[0] - loss) <= 8 * (noise + eps * abs(loss))
    if not given:
        notes.append("it moves its weights without the optimizer: their moves are compared, up to one factor")
        given, missing = _moves(step, moves, tape[1] if tape is not None and same else None), []
    else:
        missing = [name for name in step.variables if name not in given]
    if tape is not None and same:
        said = _against_tape(subject, step, given, tape[1], nearby)
    else:
        judged = declared.judge(_code(step, list(given)), draws=1)
        said = declared.verdict(subject, judged, "the loss that it reports")
    said.unchecked += [
        {"what": f"d/d({name})", "why": "no gradient of it is given to the optimizer"} for name in missing
    ]
    if missing and said.ok:
        said.verdict, said.summary = "incomplete", "nothing wrong was found, but not everything could be compared"
    said.notes += notes
    return said


def _nearby(step: _TrainStep, eps: float) -> dict[str, Array]:
    rng = np.random.default_rng(4)
    return {n: (w + 4 * eps * w * rng.choice([-1.0, 1.0], w.shape)).astype(w.dtype) for n, w in step.weights.items()}


def _moves(step: _TrainStep, moves: dict[str, Array], right: dict[str, Array] | None) -> dict[str, Array]:
    """Return the moves divided by the one factor that most of them share with the gradient."""
    if right is None:
        raise CannotRunError(
            "no gradient is handed to the optimizer, and the loss is not compute_loss: nothing to compare"
        )
    mine = np.concatenate([moves[name].ravel() for name in right])
    true = np.concatenate([value.ravel() for value in right.values()])
    clear = np.abs(true) > np.median(np.abs(true))
    if not np.any(mine):
        raise CannotRunError("it neither hands gradients to the optimizer nor moves its weights")
    step.factor = abs(float(np.median(mine[clear] / true[clear]))) or 1.0 if clear.any() else 1.0
    return {name: value / step.factor for name, value in moves.items()}


def _against_tape(
    subject: str, step: _TrainStep, given: dict[str, Array], right: dict[str, Array], nearby: dict[str, Array]
) -> Verdict:
    """Compare with the tape; the rounding of its gradients is measured a few units in the last place away."""
    eps = float(np.finfo(step.dtype).eps)
    moved = step.tape(nearby)
    judged = declared.Judged()
    for name, value in given.items():
        mine, true = np.asarray(value, "float64"), right[name]
        change = np.abs(moved[1][name] - true) if moved is not None else np.zeros(true.shape)
        allowed = 8 * np.max(change, initial=0.0) + 8 * eps * np.max(np.abs(true), initial=0.0) + _lost(step, name)
        if mine.shape != true.shape:
            judged.found[name] = declared.Compared(False, f"its shape is {mine.shape}; the weight has {true.shape}")
            continue
        off = np.abs(mine - true)
        index = np.unravel_index(int(np.argmax(off)), off.shape) if off.size else ()
        if np.any(off > allowed):
            c = declared.ratio(mine.ravel(), true.ravel(), np.full(true.size, allowed))
            place = tuple(int(i) for i in index)
            judged.found[name] = declared.Compared(False, "", float(mine[index]), float(true[index]), c, place)
        else:
            judged.found[name] = declared.Compared(True) if np.any(true) else declared.Compared(None, "it is 0 here")
    return declared.verdict(subject, judged, "its loss")


def _lost(step: _TrainStep, name: str) -> float:
    """Return the rounding of a move: the difference of two weights of this size, divided by the learning rate."""
    if step.factor is None:
        return 0.0
    return float(np.finfo(step.dtype).eps) * float(np.max(np.abs(step.weights[name]), initial=0.0)) / step.factor


def _code(step: _TrainStep, names: list[str]) -> Declared:
    """Return a step as code that declares derivatives of the loss that it reports."""

    def draws(seed: int) -> Leaves:
        rng = np.random.default_rng([3, seed])
        return {
            n: np.asarray(w + (0.1 * rng.normal(size=w.shape) if seed else 0), w.dtype) for n, w in step.weights.items()
        }

    def gradients(leaves: Leaves, upstream: Sequence[Array]) -> Mapping[str, Array | None]:
        given, _, _ = step.step(leaves)
        return {name: value * float(upstream[0]) for name, value in given.items()}

    return Declared(draws, lambda leaves: [np.asarray(step.loss(leaves))], gradients, names, step.dtype)
