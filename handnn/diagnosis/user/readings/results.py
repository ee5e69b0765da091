"""Where a program's outputs, caches and gradients are after its calls."""

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from ..call.program import Ref, arrays_in, is_array
from ..call.world import World, plain
from ..source.syntax import returned_names
from ..source.words import PREDICTED, bare
from .data import is_sequence

KEPT = (
    "output", "out", "a", "y", "activations", "activation", "A", "Y", "Z", "z", "outputs", "h", "result", "value",
    "y_pred", "yhat", "yHat", "y_hat", "prediction", "predictions", "predicted_output",
)  # fmt: skip
INPUT_GRADIENTS = (
    "dinputs", "dinput", "dx", "dX", "d_input", "grad_input", "dA_prev", "d_inputs", "input_grad", "dL_dx",
)  # fmt: skip
OUTPUT = re.compile(r".*(prob|hat|pred|output|ycap).*|a_?out|ps")


@dataclasses.dataclass(frozen=True)
class Output:
    """The output of a forward function: what it returned, or the part that its name says to be it.

    Attributes:
        last: whether it is the last of several that no name tells apart.
    """

    function: Any
    last: bool = False

    def __call__(self, world: World) -> Any:
        returned = plain(world["forward"])
        if returned is None:
            return kept_output(world.get("self"))
        if isinstance(returned, dict) and not is_sequence(returned):
            returned = tuple(returned.values())
        if isinstance(returned, list) and returned[1:] and all(isinstance(part, float) for part in returned):
            return returned  # of neurons, a number each
        if isinstance(returned, list) and not is_sequence(returned):
            whole = len(returned_names(self.function)) == len(returned) > 1  # it is written out: [o, s]
            returned = tuple(returned if whole else returned[-1:])
        if isinstance(returned, tuple) and returned:
            names = returned_names(self.function)
            named = [i for i, n in enumerate(names) if OUTPUT.fullmatch(bare(n)) or bare(n) in PREDICTED]
            order = named if named and len(names) == len(returned) else list(range(len(returned)))
            fitting = [i for i in order if is_array(plain(returned[i])) or is_sequence(returned[i])]
            return plain(returned[fitting[-1 if self.last else 0]]) if fitting else plain(returned[0])
        return returned


def cache(world: World) -> Any:
    """Return what forward returned besides its outputs."""
    returned = world["forward"]
    if not isinstance(returned, tuple | list) or len(returned) < 2:
        return returned
    outputs = world.get("output")
    count = len(outputs) if isinstance(outputs, tuple) else 1
    rest = returned[count:]
    return rest[0] if len(rest) == 1 else rest or returned[-1]


def upstream(index: int = 0) -> Ref:
    """Return a reference to the gradient of the loss by an output."""
    return lambda world: list(world["upstream"]) if world.get("each") else world["upstream"][index]


def outputs(count: int, each: bool = False, kept: Callable[[World], Any] | None = None) -> Ref:
    """Return a reference to the first `count` outputs of a forward call, or what `kept` finds if none is returned.

    Args:
        each: whether a list of arrays was returned of which every one is an output.
    """

    def found(world: World) -> Any:
        if each:
            world["each"] = True
            return tuple(plain(part) for part in world["forward"])
        arrays = arrays_in(world["forward"])
        if not arrays and kept is not None:
            arrays = [kept(world)]
        if not arrays and count == 1 and isinstance(world["forward"], float | np.floating | list):
            arrays = [np.asarray(world["forward"], "float64")]
        if len(arrays) < count:
            raise ValueError(f"forward returns {len(arrays)} arrays; backward takes {count} gradients")
        return arrays[0] if count == 1 else tuple(arrays[:count])

    return found


def kept_output(layer: Any, x: Any = None) -> Any:
    """Return the output that an object keeps instead of returning it.

    Raises:
        ValueError: it keeps none.
    """
    for name in KEPT:
        value = plain(getattr(layer, name, None))
        if is_array(value) and value is not x:
            return value
    raise ValueError("forward returns no array and keeps none under a usual name")


def input_gradient(world: World) -> Any:
    """Return what backward returned; what it keeps as dinputs is reached through the object."""
    returned = world["backward"]
    if returned is None:
        layer = world["self"]
        kept = (plain(getattr(layer, name, None)) for name in INPUT_GRADIENTS)
        return next((value for value in kept if is_array(value)), None)
    inner = plain(returned)
    return inner if is_array(inner) else returned


def is_list_of_arrays(returned: Any) -> bool:
    """Return whether forward returned a list of arrays of one shape, such as one each time step."""
    several = isinstance(returned, list) and len(returned) > 1
    return several and len({np.shape(plain(part)) for part in returned}) == 1


def first_of(returned: Any) -> Any:
    """Return what forward returned, or the first of several: the others are kept for backward."""
    return plain(returned[0]) if isinstance(returned, tuple) and len(returned) > 1 else returned


def is_number(returned: Any) -> bool:
    """Return whether forward returned one number."""
    return isinstance(returned, float | np.floating) or (is_array(returned) and np.ndim(returned) == 0)
