"""Objects in Python judged as files are: plain classes, Keras layers and optimizers, functions of other frameworks.

What was not compared is never called right.
"""

import inspect
from typing import Any

import numpy as np

from ...activations import Activation
from ...losses import Loss
from .. import activation, layer_reference, lines, loss, network, optimizer
from ..activation.passes import Passes
from ..activation.reasons import unstable_alone
from ..check import of_judgement
from ..user.call.targets import with_numbers
from ..user.finding.pairing import Candidate
from ..user.parts import Unread
from ..user.reading import read
from ..user.readings.ways import pair_of_methods
from ..user.source import directive
from ..verdict import Verdict
from . import declared, functions, keras_layers, live, surrogates
from .keras_optimizers import check_keras_optimizer, check_train_step

__all__ = [
    "check_activation",
    "check_function",
    "check_layer",
    "check_loss",
    "check_network",
    "check_optimizer",
    "check_train_step",
]


def check_network(function: Any, described: Any = None, **options: Any) -> Verdict:
    """Judge a function of (parameters, x, y), or an object with a loss, that returns loss and gradients.

    Args:
        function: as it is in memory. If it is wrong and its source is known, the lines that break it are searched.
        described: a layer string or a model, see `network.check.check_network`. Without it the function's own forward
            part is the judge, as in `handnn check`.
        options: see `network.check.check_network`.
    """
    if described is not None:
        said = network.check.check_network(function, described, **options)
        return live.with_lines(said, function, described if isinstance(described, str) else None)
    name = getattr(function, "__name__", type(function).__name__)
    found = live.judged(function)
    if found is not None:
        return found
    why = "its source is not known, or no derivation is found in it; say which network it is, such as '4-5-3 tanh mse'"
    missing = [{"what": name, "why": why}]
    return Verdict(name, "incomplete", "it could not be read, so nothing was compared", unchecked=missing)


def check_function(
    function: Any, inputs: Any = None, *, surrogate: bool = False, dtype: str = "float64", name: str = ""
) -> Verdict:
    """Judge the derivative that a function declares: tf.custom_gradient, torch.autograd.Function, jax.custom_vjp.

    Its own forward pass is the judge, by differences whose error is known.

    Args:
        function: takes tensors. A plain Python function is taken as one of TensorFlow's tensors.
        inputs: arrays such as it takes; without them arrays of the same small shape for all its arguments.
        surrogate: the derivative is not meant to be that of the forward pass: the verdict says what it is.
        dtype: of the inputs.

    Raises:
        ModuleNotFoundError: the framework is not installed.
    """
    owner = getattr(function, "__self__", function)
    subject = name or getattr(owner, "__name__", "") or getattr(function, "__name__", type(function).__name__)
    backend = functions.backend_of(function)
    try:
        code = functions.declared(backend, function, inputs, dtype)
        judged = declared.judge(code)
    except declared.CannotRunError as error:
        return Verdict(subject, "broken", str(error))
    notes = [] if code.dtype == dtype else [f"judged in {code.dtype}: it does not take {dtype}"]
    if surrogate:
        said = surrogates.told(subject, code, judged)
    else:
        said = declared.verdict(subject, judged)
        notes += surrogates.hints(code, judged, said, code.claimed)
    said.notes += notes
    return said


def check_activation(forward: Any = None, backward: Any = None, reference: Any = None, **options: Any) -> Verdict:
    """Judge an activation: plain functions, or one function of a framework that declares its derivative.

    Args:
        forward, backward, reference, options: as `activation.check.check_activation`; `surrogate` as `check_function`.
    """
    surrogate = options.pop("surrogate", False)
    declared_in = functions.framework_of(forward)
    if reference is None and (declared_in or isinstance(backward, str | Activation) or not callable(backward)):
        backward, reference = None, backward  # check_activation(f, "silu")
    if not surrogate and not declared_in:
        if reference is None and callable(forward):
            return _by_itself("activation", forward, backward or activation.check.flagged(forward), **options)
        return activation.check.check_activation(forward, backward, reference, **options)
    if reference is None or surrogate:
        return check_function(forward, surrogate=surrogate, **options)
    backend = functions.backend_of(forward)
    dtype = options.get("dtype", "float64")

    def value(z: Any) -> Any:
        return backend.call(forward, [np.asarray(z, dtype)])[0]

    def gradient(upstream: Any, z: Any) -> Any:
        z = np.asarray(z, dtype)
        given = np.asarray(upstream, dtype)
        found = backend.gradients(forward, [z], [given])[0]
        return np.zeros_like(z) if found is None else found

    options.setdefault("name", getattr(forward, "__name__", type(forward).__name__))
    return activation.check.check_activation(value, gradient, reference, **options)


def check_loss(value: Any = None, gradient: Any = None, reference: Any = None, **options: Any) -> Verdict:
    """Judge a loss' plain functions of (y_true, y_pred), in either order; without a reference by the value itself.

    Args:
        value, gradient, reference, options: as `loss.check.check_loss`.
    """
    alone = reference is None and all(callable(f) and not isinstance(f, Loss | type) for f in (value, gradient))
    return (
        _by_itself("loss", value, gradient, **options)
        if alone
        else loss.check.check_loss(value, gradient, reference, **options)
    )


def _by_itself(kind: str, forward: Any, backward: Any, dtype: str = "float64", name: str = "") -> Verdict:
    """Return whether a derivative is that of the function itself."""
    subject = name or getattr(forward, "__name__", kind)
    found: Any = read(Candidate(subject, kind, (forward, backward or np.ones_like)), None, ())
    if isinstance(found, Unread):
        return Verdict(subject, "broken", found.why)
    unchecked = [{"what": "the derivative", "why": "none was given, and there is no reference for the function"}]
    said = Verdict(subject, "incomplete", "there is nothing to compare it with", unchecked=unchecked)
    if backward is not None:
        found = with_numbers(found)
        said = of_judgement(found, "", subject, lines.judge(found, live.SECONDS))
    finished = kind == "activation" and said.verdict in ("match", "incomplete")
    unstable = unstable_alone(Passes(found.program), dtype) if finished else None
    if unstable is not None:
        said.verdict, said.summary, said.example = unstable.verdict, unstable.summary, unstable.example
    return said


def check_layer(layer: Any, reference: Any = None, *, name: str = "", input_shape: Any = None, **more: Any) -> Verdict:
    """Judge a layer: an object with forward(x) and backward(upstream), or a Keras layer.

    Every weight whose change changes the output is found by behaviour, whatever its name, and its gradient compared.

    Args:
        layer: an object, or its class. reference: a handnn or Keras layer, or text such as "Dense(5)"; without one, and
            without a `handnn:` line in its docstring, the layer's own forward pass is the judge alone.
        input_shape: of one sample, where the weights do not tell it.
        more: arguments of a class' constructor; of a Keras layer see `keras_layers.check_keras_layer`.

    Returns:
        The verdict: incomplete if a weight has no gradient that could be found.

    Raises:
        TypeError: no layer, arguments of a constructor beside an object, or a reference that is none.
    """
    if keras_layers.is_keras(layer, "Layer"):
        return keras_layers.check_keras_layer(layer, reference, name=name, input_shape=input_shape, **more)
    if more and not inspect.isclass(layer):
        raise TypeError(f"options are for the constructor of a class; received an object and {', '.join(more)}")
    given, kind = layer(**more) if more else layer, layer if inspect.isclass(layer) else type(layer)
    if None in pair_of_methods(given):
        raise TypeError(f"a layer must have the methods forward(x) and backward(upstream); received {kind.__name__}")
    said = directive.read(kind.__doc__) or directive.Directive("layer", "", {})
    if input_shape is not None:
        said = said._replace(options={**said.options, "input_shape": tuple(np.atleast_1d(input_shape).tolist())})
    if reference is not None:
        said = said._replace(reference=layer_reference.text(reference))
    return live.judged_layer(Candidate(name or kind.__name__, "layer", given, said))


def check_optimizer(step: Any, reference: Any = None, **options: Any) -> Verdict:
    """Judge an optimizer: a step in plain Python, or a Keras optimizer.

    Args:
        step, reference, options: see `optimizer.check.check_optimizer` and `keras_optimizers.check_keras_optimizer`.
    """
    keras = keras_layers.is_keras(step, "BaseOptimizer")
    return (check_keras_optimizer if keras else optimizer.check.check_optimizer)(step, reference, **options)
