"""The proof that handnn itself is right, run by the test suite and by maintainers.

`keras/` compares every symbol with Keras, `mpmath_*` with 50 digits; `random/` draws networks, `mutants/` changes every
formula, `parity/` writes docs/parity.md, `not_supported.py` lists the names that handnn does not have.
"""
