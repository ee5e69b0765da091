"""Numbers as text: readable durations, and values that JSON can hold."""

import math
from typing import Any


def finite(value: Any) -> Any:
    """Replace infinities and NaN by None, recursively, because JSON has neither."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def seconds(value: float | None) -> str:
    """Return a readable duration: '85 us', '2.3 ms', '1.4 s'."""
    if value is None:
        return "-"
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-6:.3g} us"
