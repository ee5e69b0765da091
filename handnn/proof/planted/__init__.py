"""Mistakes planted in convolution, pooling, recurrence, masks and attention, each seen by `verify` at its tensor.

`python -m handnn.proof.planted` prints the table; with --write, it goes to docs/planted.md.
"""
