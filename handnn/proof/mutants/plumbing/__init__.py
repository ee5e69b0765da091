"""Mutants of what lies between the formulas: optimizers, the training loop, files, logs, comparisons.

What must notice a change here is the family's own tests. `families.py` lists sources and tests, `operators.py` the
kinds of change, `worker.py` runs the tests that execute a changed line in a forked copy of a process that has loaded
everything, `slips.py` has mistakes that once no test noticed, and `equivalent.py` the changes that make no difference.
"""
