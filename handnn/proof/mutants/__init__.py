"""`python -m handnn.proof.mutants`: is every term of every formula needed for the proof to hold?

A mutant is the library with one small change in one formula: a term dropped, a sign changed, a comparison shifted. Each
is compared with Keras as in `handnn.proof.parity`, which must detect it. An undetected mutant either makes no
difference (`equivalent.py` gives the reason) or shows a gap in the checks.
"""
