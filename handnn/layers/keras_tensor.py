"""`KerasTensor`: a layer's symbolic output, with a shape but no values."""

from collections.abc import Sequence
from typing import Any

Shape = tuple[int | None, ...]


class KerasTensor:
    """The symbolic output of a layer.

    Attributes:
        shape: batch first, None for an unknown size.
        dtype: of the values.
        layer: the layer that produces it.
        sources: the tensors that the layer was called on; empty for an Input.
        from_list: whether it was called on a list, as layers that merge are.
    """

    __slots__ = ("dtype", "from_list", "layer", "shape", "sources")

    def __init__(
        self, shape: Shape, dtype: str, layer: Any, sources: Sequence["KerasTensor"] = (), from_list: bool = False
    ) -> None:
        self.shape, self.dtype, self.layer, self.sources, self.from_list = (
            tuple(shape),
            dtype,
            layer,
            tuple(sources),
            from_list,
        )

    @property
    def name(self) -> str:
        return self.layer.name

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __bool__(self) -> bool:
        raise TypeError(f"{self!r} has no values yet: build a Model with it and call that on data")

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"


def is_symbolic(x: Any) -> bool:
    """Return whether x is a KerasTensor or a list of them."""
    if isinstance(x, list | tuple):
        return any(isinstance(part, KerasTensor) for part in x)
    return isinstance(x, KerasTensor)
