"""Evidence for `handnn.allowance`: a million evaluations against mpmath, stochastic arithmetic, mutants.

`python -m handnn.proof.allowance --count 1000000 --output docs/allowance.md` writes the page.
"""
