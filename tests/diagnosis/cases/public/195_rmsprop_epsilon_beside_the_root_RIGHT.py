"""Truth: RIGHT. 'epsilon should be inside the sqrt' was reported: both are published and in use, with an epsilon that
fits. Accumulators in a list, get_updates returns the new parameters.
"""
import numpy as np


class RMSprop:
    """handnn: optimizer rmsprop, learning_rate=0.001, rho=0.9, epsilon=1e-6"""

    def __init__(self, lr=0.001, rho=0.9, epsilon=1e-6, decay=0.0):
        self.lr, self.rho, self.epsilon, self.decay = lr, rho, epsilon, decay
        self.iterations = 0
        self.accumulators = None

    def get_updates(self, params, grads):
        if self.accumulators is None:
            self.accumulators = [np.zeros(p.shape) for p in params]
        lr = self.lr
        if self.decay > 0:
            lr = lr * (1.0 / (1.0 + self.decay * self.iterations))
        self.iterations += 1
        new_params = []
        for i, (p, g, a) in enumerate(zip(params, grads, self.accumulators)):
            new_a = self.rho * a + (1.0 - self.rho) * np.square(g)
            self.accumulators[i] = new_a
            new_p = p - lr * g / (np.sqrt(new_a) + self.epsilon)
            new_params.append(new_p)
        return new_params
