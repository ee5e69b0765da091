"""The bank of known mistakes: what people get wrong in backpropagation, each as a replacement of one step."""

from .activation import activation_mistakes
from .base import Mistake
from .loss import loss_mistakes
from .network import mistakes
from .optimizer import optimizer_mistakes, optimizer_variants

REGISTRIES = {
    "network": mistakes,
    "activation": activation_mistakes,
    "loss": loss_mistakes,
    "optimizer": optimizer_mistakes,
}
"""Every known mistake, by what it is made in."""

__all__ = [
    "REGISTRIES",
    "Mistake",
    "activation_mistakes",
    "loss_mistakes",
    "mistakes",
    "optimizer_mistakes",
    "optimizer_variants",
]
