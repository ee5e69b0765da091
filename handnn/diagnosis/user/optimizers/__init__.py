"""Readings of optimizers."""
