"""Truth: RIGHT, both. 'The step size is corrected again and again' was true of an older form: here the corrected one is a new number each
time. The new values are returned.
"""
import math

import numpy as np


class AdagradOptimizer:
    def __init__(self, stepsize=0.01, eps=1e-8):
        self.stepsize, self.eps = stepsize, eps
        self.accumulation = None

    def apply_grad(self, grad, args):
        if self.accumulation is None:
            self.accumulation = [np.zeros_like(g) for g in grad]
        new_args = []
        for i, (g, arg) in enumerate(zip(grad, args)):
            self.accumulation[i] = self.accumulation[i] + g**2
            coeffs = self.stepsize / np.sqrt(self.accumulation[i] + self.eps)
            new_args.append(arg - coeffs * g)
        return new_args


class AdamOptimizer:
    def __init__(self, stepsize=0.01, beta1=0.9, beta2=0.99, eps=1e-8):
        self.stepsize, self.beta1, self.beta2, self.eps = stepsize, beta1, beta2, eps
        self.accumulation = None

    def apply_grad(self, grad, args):
        if self.accumulation is None:
            self.accumulation = {"fm": [np.zeros_like(g) for g in grad], "sm": [np.zeros_like(g) for g in grad], "t": 0}
        self.accumulation["t"] += 1
        t = self.accumulation["t"]
        new_stepsize = self.stepsize * math.sqrt(1 - self.beta2**t) / (1 - self.beta1**t)
        new_args = []
        for i, (g, arg) in enumerate(zip(grad, args)):
            self.accumulation["fm"][i] = self.beta1 * self.accumulation["fm"][i] + (1 - self.beta1) * g
            self.accumulation["sm"][i] = self.beta2 * self.accumulation["sm"][i] + (1 - self.beta2) * g**2
            step = new_stepsize * self.accumulation["fm"][i] / (np.sqrt(self.accumulation["sm"][i]) + self.eps)
            new_args.append(arg - step)
        return new_args
