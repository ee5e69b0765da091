"""A node that feeds several nodes: dz/dx = dz/du du/dx + dz/dv dv/dx, the paths are added. From forum notes.

The forward function itself is the judge here: z = u v + sin(u) with u = x^2 and v = exp(x / 3).

Verdict: match.
"""

import numpy as np


def z(x):
    """handnn: activation"""
    u, v = x * x, np.exp(x / 3)
    return u * v + np.sin(u)


def z_derivative(x):
    u, v = x * x, np.exp(x / 3)
    dz_du, dz_dv = v + np.cos(u), u
    du_dx, dv_dx = 2 * x, v / 3
    return dz_du * du_dx + dz_dv * dv_dx
