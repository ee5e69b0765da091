"""Kinds of model: which networks keras.io's examples train, each built small in this project's own code, and verified.

Examples with a layer, a training loop or a pretrained network of their own are left out; what is done to the data
before the network is, too. `python -m handnn.proof.kinds` builds each, trains it for two steps and verifies each step.
"""
