"""Truth: RIGHT. A highway layer: gate times transform plus the rest of the input."""
import numpy as np


class Highway:
    """handnn: layer, input_shape=(4,)"""

    def __init__(self, size=4):
        g = np.random.default_rng(1)
        self.Wh, self.Wt = g.normal(size=(size, size)), g.normal(size=(size, size))
        self.bh, self.bt = np.zeros(size), -np.ones(size)

    def forward(self, x):
        self.x = x
        self.h = np.tanh(x @ self.Wh + self.bh)
        self.t = 1 / (1 + np.exp(-(x @ self.Wt + self.bt)))
        return self.t * self.h + (1 - self.t) * x

    def backward(self, d):
        dh = d * self.t * (1 - self.h**2)
        dt = d * (self.h - self.x) * self.t * (1 - self.t)
        self.dWh, self.dbh = self.x.T @ dh, dh.sum(0)
        self.dWt, self.dbt = self.x.T @ dt, dt.sum(0)
        return d * (1 - self.t) + dh @ self.Wh.T + dt @ self.Wt.T
