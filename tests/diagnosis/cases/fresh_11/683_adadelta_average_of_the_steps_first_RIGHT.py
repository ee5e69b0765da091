"""Truth: RIGHT. 'You first calculate both E_g and E_p and then the delta; E_p must come last' was reported: E_p is fed with the delta of
the step BEFORE, so that the same number stands in the root. Lists over the parameters.
"""
import numpy as np


class AdaDelta:
    def __init__(self, decay_factor=0.9, eps=1e-7):
        self.decay_factor = decay_factor
        self.eps = eps
        self.E_g = None

    def step(self, weights, gradients):
        """Return the new weights."""
        if self.E_g is None:
            self.E_g = [np.zeros_like(g) for g in gradients]
            self.E_p = [np.zeros_like(g) for g in gradients]
            self.delta_p = [np.zeros_like(g) for g in gradients]
        new_weights = []
        for idx, gradient in enumerate(gradients):
            # Get the running average for the gradient
            self.E_g[idx] = self.decay_factor * self.E_g[idx] + (1 - self.decay_factor) * (gradient**2)

            # Get the running average for the parameters
            self.E_p[idx] = self.decay_factor * self.E_p[idx] + (1 - self.decay_factor) * (self.delta_p[idx] ** 2)

            # Calculate the gradient difference
            self.delta_p[idx] = -np.sqrt(self.E_p[idx] + self.eps) / np.sqrt(self.E_g[idx] + self.eps) * gradient

            # update the model weight
            new_weights.append(weights[idx] + self.delta_p[idx])
        return new_weights


if __name__ == "__main__":
    optimizer, weights = AdaDelta(), [np.array([3.0, -2.0]), np.array([[1.5]])]
    for _ in range(500):
        weights = optimizer.step(weights, [2 * w for w in weights])
    print(weights)
