"""`python -m handnn.proof.parity`: the agreement of handnn with TensorFlow, symbol by symbol, as docs/parity.md.

Each family has a module whose `measure(tf, keras, entry, line)` compares one symbol with Keras, at the points and by
the checks of `proof.keras` that the tests use too, and fills in the symbol's `Line`.
"""
