"""Truth: d(a / b)/db = -a / b^2; the minus is missing. Functions with a context that saves what backward needs; Mul is right.
"""
import numpy as np


class Context:
    def __init__(self):
        self.saved = ()

    def save_for_backward(self, *tensors):
        self.saved = tensors


class Mul:
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx, grad_output):
        a, b = ctx.saved
        return grad_output * b, grad_output * a


class Div:
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a / b

    @staticmethod
    def backward(ctx, grad_output):
        a, b = ctx.saved
        return grad_output / b, grad_output * a / b**2
