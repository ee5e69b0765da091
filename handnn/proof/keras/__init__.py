"""Comparisons of each family with TensorFlow at points where formulas break, for the tests and for `parity`.

Functions with an argument `agree` or `judge` pass it their comparisons: in tests it fails, in `parity` it records.
`tf` and `keras` are the modules, imported by the caller after `tf_reference`.
"""
