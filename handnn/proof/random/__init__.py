"""Random networks of all layers, activations, losses and optimizers: correct code must raise no false alarm."""
