"""A user's source: imported, copied, parsed, and the words that people use."""

from .importing import forgiving, load

__all__ = ["forgiving", "load"]
