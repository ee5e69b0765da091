"""`python -m handnn.proof.mutants`: is every term of every formula needed for the proof to hold?

A mutant is the library with one small change in one formula: a term dropped, a sign turned, a comparison shifted. Each
is held against Keras as `handnn.proof.parity` does; it must be seen to be wrong. One that is not either makes no
difference (`equivalent.py` says why, by name) or shows a hole in the checks.
"""
