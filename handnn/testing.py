"""For one's own pytest: assertions whose failure message is the diagnosis.

    from handnn.testing import check_network

    def test_my_backprop():
        check_network(my_loss_and_gradients, "4-5-3 tanh softmax categorical_crossentropy")

Each function returns the `Verdict` of `handnn.diagnosis` if the derivation is right, be it in another convention, and
raises AssertionError with the whole diagnosis otherwise. The pytest plugin that comes with handnn adds the fixture
`derivation`, with the same functions as methods, and closes the run with a table of what was checked.
"""

from typing import Any

from . import diagnosis
from .diagnosis import Verdict

__all__ = ["Verdict", "check_activation", "check_file", "check_layer", "check_loss", "check_network", "check_optimizer"]


def asserted(verdict: Verdict) -> Verdict:
    """Return the verdict if it is a good one; raise AssertionError with its text otherwise."""
    __tracebackhide__ = True
    if not verdict.ok:
        raise AssertionError(f"\n{verdict}")
    return verdict


def check_network(function: Any, network: Any, **options: Any) -> Verdict:
    """Assert that a function of (parameters, x, y) returns the loss and gradients of a network.

    Args:
        function: plain NumPy; returns loss and gradients as list, tuple, dict or vector. An object with a `loss(X, y)`
            method and weights W1, b1, ... works too.
        network: a layer string such as '4-5-3 tanh softmax categorical_crossentropy', or a handnn or Keras model of
            Dense layers.
        options: dtype, l2, and conventions such as samples='columns'; those that are not given are found out.
    """
    __tracebackhide__ = True
    return asserted(diagnosis.check_network(function, network, **options))


def check_activation(forward: Any, backward: Any = None, reference: Any = None, **options: Any) -> Verdict:
    """Assert that forward is the activation of that name and backward its derivative.

    Without a reference the forward function itself is the judge of backward.
    """
    __tracebackhide__ = True
    return asserted(diagnosis.CHECKS["activation"](forward, backward, reference, **options))


def check_loss(value: Any, gradient: Any = None, reference: Any = None, **options: Any) -> Verdict:
    """Assert that value(y_true, y_pred) is the loss of that name and gradient its derivative by y_pred."""
    __tracebackhide__ = True
    return asserted(diagnosis.CHECKS["loss"](value, gradient, reference, **options))


def check_layer(layer: Any, reference: Any = None, **options: Any) -> Verdict:
    """Assert that a layer with forward and backward methods is that layer, or that it is its own derivative."""
    __tracebackhide__ = True
    return asserted(diagnosis.CHECKS["layer"](layer, reference, **options))


def check_optimizer(step: Any, reference: Any = None, **options: Any) -> Verdict:
    """Assert that a step function is that optimizer's rule."""
    __tracebackhide__ = True
    return asserted(diagnosis.CHECKS["optimizer"](step, reference, **options))


def check_file(path: str, seconds: float = 30.0) -> list[Verdict]:
    """Assert that every derivation of a file is right."""
    __tracebackhide__ = True
    verdicts = diagnosis.check_file(path, seconds)
    wrong = [verdict for verdict in verdicts if not verdict.ok]
    if wrong:
        raise AssertionError("\n" + "\n\n".join(map(str, wrong)))
    return verdicts
