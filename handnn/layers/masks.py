"""How layers receive and hand on the masks of time steps, as in Keras."""

from typing import Any

from ..core.trace import LayerTrace


class HandsOnMasks:
    """Base class of layers: the mask of the input, and the mask of the output made from it.

    A mask is (batch, time), True where a step counts. Layers that support none lose it, as in Keras.
    """

    merges: Any
    supports_masking: Any = False
    """Whether the output has a mask if the input has one."""
    creates_mask: Any = False
    """Whether the output may have a mask where the input has none."""

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return the output's mask from the inputs and theirs (lists of both if the layer merges)."""
        return previous_mask

    def receive_masks(self, t: LayerTrace, masks: list[Any]) -> None:
        """Write t.input_mask from the masks of the layers below; forget the last pass' output mask."""
        t.output_mask = None
        if isinstance(t.x, tuple):
            t.input_mask = tuple(masks) if any(mask is not None for mask in masks) else None
        else:
            t.input_mask = masks[0]

    def hand_on_mask(self, t: LayerTrace) -> None:
        """Write t.output_mask, unless `forward` did."""
        if t.output_mask is None and self.supports_masking and (self.creates_mask or t.input_mask is not None):
            several = isinstance(t.x, tuple)
            given = (
                (list(t.x), None if t.input_mask is None else list(t.input_mask)) if several else (t.x, t.input_mask)
            )
            t.output_mask = self.compute_mask(*given)
