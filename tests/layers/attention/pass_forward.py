"""An attention layer's forward pass as a formula of arrays, for the allowance of what a call returns."""

from handnn.core.trace import LayerTrace


def traced(layer, x, masks=(), **options):
    """The trace of a built layer's forward pass. masks: handed on by the layers below. options: of the call."""
    t = LayerTrace(layer.name)
    t.x, t.training = tuple(x), False
    t.options = layer.options(t) | options
    layer.receive_masks(t, list(masks))
    layer.forward(t)
    return t
