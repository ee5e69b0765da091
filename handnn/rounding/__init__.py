"""Bounded arithmetic: how much rounding can change the result of a formula on given numbers.

`bounded.py` propagates an error bound through NumPy's operations; `allowance.py` turns it into the allowed difference
between two implementations. `activation_bounds.py` and `loss_bounds.py` apply this to handnn's functions, and
`calibrate.py` measures the errors of elementary functions.
"""
