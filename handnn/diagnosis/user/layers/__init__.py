"""Readings of layers, activations, losses and recurrent functions."""
