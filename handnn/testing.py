"""Assertions for your own tests; the failure message is the diagnosis.

    from handnn.testing import check_network

    def test_my_backprop():
        check_network(my_loss_and_gradients, "4-5-3 tanh softmax categorical_crossentropy")

Each function returns the `Verdict` of `handnn.diagnosis` if the derivation is right, possibly in another convention.
Otherwise it raises AssertionError with the whole diagnosis. handnn's pytest plugin adds the fixture `derivation`, with
the same functions as methods, and ends the run with a table of the checked derivations.

    from handnn.testing import assert_explained_by_rounding

    def test_my_kernel():
        assert_explained_by_rounding(my_kernel(x, w), lambda x, w: np.tanh(x @ w), x, w, dtype="bfloat16")

needs no tolerance: it passes if the result is what the formula may give in that precision. The plugin's fixture
`explained_by_rounding` is the same function. docs/which-tolerance.md.
"""

from typing import TYPE_CHECKING, Any

from .rounding.explanation import assert_explained_by_rounding
from .rounding.verdicts import Explanation

if TYPE_CHECKING:
    from .diagnosis import Verdict

__all__ = [
    "Explanation",
    "Verdict",
    "assert_explained_by_rounding",
    "check_activation",
    "check_file",
    "check_function",
    "check_layer",
    "check_loss",
    "check_network",
    "check_optimizer",
    "check_train_step",
]


def __getattr__(name: str) -> Any:
    if name == "Verdict":  # loaded where it is used: a test of a tolerance needs no diagnosis
        return _diagnosis().Verdict
    raise AttributeError(f"module 'handnn.testing' has no attribute {name!r}")


def _diagnosis() -> Any:
    from . import diagnosis

    return diagnosis


def asserted(verdict: "Verdict") -> "Verdict":
    """Return the verdict if it is good; otherwise raise AssertionError with its text."""
    __tracebackhide__ = True
    if not verdict.ok:
        raise AssertionError(f"\n{verdict}")
    return verdict


def check_network(function: Any, network: Any = None, **options: Any) -> "Verdict":
    """Assert that a function of (parameters, x, y) returns the loss and gradients of a network.

    In a notebook the verdict of `handnn.diagnosis.check_network` shows the source with what every line is.

    Args:
        function: plain NumPy; returns loss and gradients, as a list, tuple, dict or vector. An object with a
            `loss(X, y)` method and weights W1, b1, ... works too.
        network: a layer string such as '4-5-3 tanh softmax categorical_crossentropy', or a handnn or Keras model of
            Dense layers. Without it the gradients are compared with the function's own forward part.
        options: dtype, l2, and conventions such as samples='columns'; other conventions are detected.

    Raises:
        AssertionError: a gradient or the loss is wrong; the message is the diagnosis.
        ValueError: network or an option is not valid.
    """
    __tracebackhide__ = True
    return asserted(_diagnosis().check_network(function, network, **options))


def check_activation(forward: Any, backward: Any = None, reference: Any = None, **options: Any) -> "Verdict":
    """Assert that forward is the activation named `reference` and backward its derivative.

    Without a reference, check backward against forward itself. A function of TensorFlow, PyTorch or JAX that declares
    its derivative needs no backward; `surrogate=True` as in `check_function`. Raises as `check_network`.
    """
    __tracebackhide__ = True
    return asserted(_diagnosis().check_activation(forward, backward, reference, **options))


def check_loss(value: Any, gradient: Any = None, reference: Any = None, **options: Any) -> "Verdict":
    """Assert that value(y_true, y_pred) is the loss named `reference` and gradient its derivative by y_pred.

    Without a reference, check gradient against value itself. Raises as `check_network`.
    """
    __tracebackhide__ = True
    return asserted(_diagnosis().check_loss(value, gradient, reference, **options))


def check_layer(layer: Any, reference: Any = None, **options: Any) -> "Verdict":
    """Assert that a layer with forward and backward methods, or a Keras layer, equals the layer `reference`.

    Without a reference, check backward against forward itself; of a Keras layer the gradients that GradientTape gives
    against differences of its own call. Raises as `check_network`.
    """
    __tracebackhide__ = True
    return asserted(_diagnosis().check_layer(layer, reference, **options))


def check_optimizer(step: Any, reference: Any = None, **options: Any) -> "Verdict":
    """Assert that a step function, or a Keras optimizer, is the rule of the optimizer `reference`.

    Raises as `check_network`.
    """
    __tracebackhide__ = True
    return asserted(_diagnosis().check_optimizer(step, reference, **options))


def check_function(function: Any, inputs: Any = None, **options: Any) -> "Verdict":
    """Assert that a function declares its derivative: tf.custom_gradient, torch.autograd.Function, jax.custom_vjp.

    Args:
        function: takes tensors. inputs: arrays such as it takes, if not all its arguments are alike.
        options: `surrogate=True` for a derivative that is not meant to be that of the forward pass, such as a
            straight-through estimator or a gradient reversal: the verdict says what it is. dtype, name.

    Raises:
        AssertionError: it is another derivative. ModuleNotFoundError: the framework is not installed.
    """
    __tracebackhide__ = True
    return asserted(_diagnosis().check_function(function, inputs, **options))


def check_train_step(model: Any, x: Any, y: Any, **options: Any) -> "Verdict":
    """Assert that the own `train_step` of a compiled Keras model uses the gradients of its loss.

    Args:
        model: it is left as it was. x, y: one small batch.
    """
    __tracebackhide__ = True
    return asserted(_diagnosis().check_train_step(model, x, y, **options))


def check_file(path: str, seconds: float = 30.0) -> list["Verdict"]:
    """Assert that all derivations in a file are right, each within `seconds`; raise AssertionError otherwise."""
    __tracebackhide__ = True
    verdicts = _diagnosis().check_file(path, seconds)
    wrong = [verdict for verdict in verdicts if not verdict.ok]
    if wrong:
        raise AssertionError("\n" + "\n\n".join(map(str, wrong)))
    return verdicts
