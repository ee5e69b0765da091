"""Bounded arithmetic: how much the rounding of a formula may change its result on given numbers.

`bounded.py` carries a bound through NumPy's operations, `allowance.py` turns it into what two implementations may
differ by, `activation_bounds.py` and `loss_bounds.py` do it for handnn's functions, `calibrate.py` measures the errors
of elementary functions.
"""
