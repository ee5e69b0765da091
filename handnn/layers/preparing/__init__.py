"""Layers that prepare data, before a network or (CategoryEncoding) as its first layer."""

from ..base import Layer
from .encoding import CategoryEncoding
from .lookup import IntegerLookup, StringLookup

__all__ = ["PREPARING", "CategoryEncoding", "IntegerLookup", "StringLookup"]

PREPARING: dict[str, type[Layer]] = {cls.__name__: cls for cls in (CategoryEncoding, IntegerLookup, StringLookup)}
"""By their names in configs; they are in no registry, because networks hold none of them."""
