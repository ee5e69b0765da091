"""Mistakes in the backward pass: the gradient of the loss, delta, dW, db and what is handed down."""

# The order of the bank: a mistake that others cannot be told from is named by the first of them.
# isort: off
from . import loss_gradient, delta, slopes, kernel, bias, down, penalty

__all__ = ["bias", "delta", "down", "kernel", "loss_gradient", "penalty", "slopes"]
