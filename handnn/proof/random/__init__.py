"""Random networks over every layer, activation, loss and optimizer: correct code must raise no false alarm."""
