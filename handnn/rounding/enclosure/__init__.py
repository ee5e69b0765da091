"""Enclosures: what a precision may make of a formula, element by element, with no exception.

`Bounded` bounds the error of one computation to first order, for handnn's own comparisons with Keras. An `Enclosure`
holds every result that any implementation of the formula may give in a precision, and the exact one. It is what
`handnn.allowance` is made of.
"""

from . import choices, elementwise, linear_algebra, products, reductions, structure
from .arrays import Enclosure, computing_in, enclosed, noise, record
from .elementwise import increasing
from .precision import FORMATS, Precision, format_of, precision
from .rules import FUNCTIONS, UFUNCS, NoRuleError, rule

__all__ = [
    "FORMATS",
    "FUNCTIONS",
    "UFUNCS",
    "Enclosure",
    "NoRuleError",
    "Precision",
    "choices",
    "computing_in",
    "elementwise",
    "enclosed",
    "format_of",
    "increasing",
    "linear_algebra",
    "noise",
    "precision",
    "products",
    "record",
    "reductions",
    "rule",
    "structure",
]
