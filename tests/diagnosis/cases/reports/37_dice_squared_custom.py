"""Truth: RIGHT up to the sign in question: d/dp of 2 I / (sum p^2 + sum g^2) = 2 (g U - 2 p I) / U^2; the loss
maximised or minimised decides the sign. The union has SQUARES: no loss of Keras', so there is no reference.
"""
import numpy as np


def vnet_dice(g, p):
    """handnn: loss"""
    return -2 * np.sum(g * p) / (np.sum(p * p) + np.sum(g * g))


def vnet_dice_gradient(g, p):
    I, U = np.sum(g * p), np.sum(p * p) + np.sum(g * g)
    return -2 * (g * U / U**2 - 2 * p * I / U**2)
