"""`python -m handnn.proof.parity`: how near handnn is to TensorFlow, symbol for symbol, as docs/parity.md.

Each family has a module whose `measure(tf, keras, entry, line)` holds one symbol against Keras, with the points and
checks of `verify.against` that the tests use too, and fills in the symbol's `Line`.
"""
