"""The proof that handnn itself is right, run by the test suite and by maintainers.

`keras/` holds every symbol against Keras, `mpmath_*` against 50 digits, `random/` draws networks, `mutants/` spoils
every formula, `parity/` writes the page of how near each symbol is, `not_supported.py` lists what handnn does not have.
"""
