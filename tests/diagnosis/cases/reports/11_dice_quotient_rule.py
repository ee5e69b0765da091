"""Truth: quotient rule with the wrong sign (target * union + inter for - inter), and `/ union * union`
multiplies where it should divide twice. Value: the coefficient t = (2 inter + eps) / union, not 1 - t.
"""
import numpy as np

EPS = 1e-7


def dice_coeff(input, target):
    """handnn: loss dice"""
    inter = np.sum(input * target)
    union = np.sum(input) + np.sum(target) + EPS
    return (2 * inter + EPS) / union


def dice_coeff_gradient(input, target):
    inter = np.sum(input * target)
    union = np.sum(input) + np.sum(target) + EPS
    return 2 * (target * union + inter) / union * union


def sign_only(input, target):
    """handnn: loss dice"""
    inter = np.sum(input * target)
    union = np.sum(input) + np.sum(target) + EPS
    return 1 - (2 * inter + EPS) / union


def sign_only_gradient(input, target):
    inter = np.sum(input * target)
    union = np.sum(input) + np.sum(target) + EPS
    return -2 * (target * union + inter) / (union * union)


def sign_only_keras_value(input, target):
    """handnn: loss dice"""
    union = np.sum(input) + np.sum(target) + EPS
    return 1 - 2 * np.sum(input * target) / union


def sign_only_keras_value_gradient(input, target):
    inter = np.sum(input * target)
    union = np.sum(input) + np.sum(target) + EPS
    return -2 * (target * union + inter) / (union * union)


def right(input, target):
    """handnn: loss dice"""
    union = np.sum(input) + np.sum(target) + EPS
    return 1 - 2 * np.sum(input * target) / union


def right_gradient(input, target):
    inter = np.sum(input * target)
    union = np.sum(input) + np.sum(target) + EPS
    return -2 * (target * union - inter) / (union * union)
