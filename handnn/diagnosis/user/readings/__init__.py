"""How a user's functions and methods may be called: which argument is what, and data that fits.

A `Way` is the steps to call; `Data` the arguments to begin with; `bind` makes Programs of the two.
"""

from .ways import Parts

__all__ = ["Parts"]
