"""Attention: each row of the result is an average of value rows, weighted by how well its query fits their keys."""

from .additive import AdditiveAttention
from .dot_product import Attention
from .multi_head import MultiHeadAttention

__all__ = ["AdditiveAttention", "Attention", "MultiHeadAttention"]
