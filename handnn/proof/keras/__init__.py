"""Each family of things held against TensorFlow on points at which formulas break: for the tests and for `parity`.

What takes `agree` or `judge` hands its comparisons to it: a test fails there, `parity` keeps the worst.
`tf` and `keras` are the modules, imported by the caller after `tf_reference`.
"""
