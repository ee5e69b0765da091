"""The bank of known mistakes: what people get wrong in backpropagation, each as a replacement of one step."""

from . import activation, backward, forward, loss, optimizer
from .base import (
    REGISTRIES,
    Mistake,
    activation_mistakes,
    loss_mistakes,
    mistakes,
    optimizer_mistakes,
    optimizer_variants,
)

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
