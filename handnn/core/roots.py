"""The derivative of v^(-1/2) in TensorFlow's order of multiplication, for the bounds of what Keras computes."""

from typing import Any


def keras_slope(upstream: Any, r: Any) -> Any:
    """Return dL/dv = -upstream r^3 / 2 of r = v^(-1/2): where r < 1e-19, TensorFlow flushes r^2 to 0 in float32."""
    return (upstream * r * -0.5) * (r * r)
