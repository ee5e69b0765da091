"""The bank of known mistakes: what people get wrong in backpropagation, each as a replacement of one step."""

from . import backward, forward
from .base import Mistake, mistakes

__all__ = ["Mistake", "backward", "forward", "mistakes"]
