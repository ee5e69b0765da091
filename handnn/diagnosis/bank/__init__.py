"""The bank of known mistakes: what people get wrong in backpropagation, each as a replacement of one step."""

from . import activation, loss, optimizer
from . import network as backward
from .base import (
    REGISTRIES,
    Mistake,
    activation_mistakes,
    loss_mistakes,
    mistakes,
    optimizer_mistakes,
    optimizer_variants,
)
from .network import forward

__all__ = [
    "REGISTRIES",
    "Mistake",
    "activation",
    "activation_mistakes",
    "backward",
    "forward",
    "loss",
    "loss_mistakes",
    "mistakes",
    "optimizer",
    "optimizer_mistakes",
    "optimizer_variants",
]
