"""Truth: the corrected rate is written back into ls_item, so that each step corrects the rate of the step before once
more; the factor must be applied to the initial rate. (epsilon stands outside of the uncorrected root.)
"""
import numpy as np


class GradientDescentAdam:
    def __init__(self, learning_rate=0.01, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        self.learning_rate = learning_rate
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.states = None

    def apply_rule(self, params, updates, epoch):
        """epoch counts from 0; params change in place."""
        if self.states is None:
            self.states = [(np.zeros_like(p), np.zeros_like(p), np.full_like(p, self.learning_rate)) for p in params]
        for ps_item, us_item, (ms_item, vs_item, ls_item) in zip(params, updates, self.states):
            self.adam_update(ps_item, us_item, ms_item, vs_item, ls_item, epoch)

    def adam_update(self, ps_item, us_item, ms_item, vs_item, ls_item, epoch):
        beta_1, beta_2 = self.beta_1, self.beta_2
        ms_item[:] = ms_item * beta_1 + (1.0 - beta_1) * us_item
        vs_item[:] = vs_item * beta_2 + (1.0 - beta_2) * us_item * us_item
        t = epoch + 1
        ls_item[:] = ls_item * np.sqrt(1.0 - beta_2**t) / (1.0 - beta_1**t)
        ps_item[:] = ps_item - ls_item * ms_item / (np.sqrt(vs_item) + self.epsilon)
