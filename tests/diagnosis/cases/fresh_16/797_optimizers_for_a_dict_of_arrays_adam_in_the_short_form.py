"""Truth: one of the three, how its step grows in the beginning. Classes with update(params, grads) of two dictionaries, changed in
place.
"""
import numpy as np


def zeros_for(params):
    return {k: np.zeros_like(p) for k, p in params.items()}


class HeavyBall:
    def __init__(self, rate=0.01, friction=0.9):
        self.rate, self.friction = rate, friction
        self.speed = None

    def update(self, params, grads):
        if self.speed is None:
            self.speed = zeros_for(params)
        for k in params:
            self.speed[k] = self.friction * self.speed[k] - self.rate * grads[k]
            params[k] += self.speed[k]


class AdaGrad:
    def __init__(self, rate=0.01, eps=1e-7):
        self.rate, self.eps = rate, eps
        self.seen = None

    def update(self, params, grads):
        if self.seen is None:
            self.seen = zeros_for(params)
        for k in params:
            self.seen[k] += np.square(grads[k])
            params[k] -= self.rate * grads[k] / (np.sqrt(self.seen[k]) + self.eps)


class Adam:
    """Both corrections of the beginning are put into the rate of the step."""

    def __init__(self, rate=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.rate, self.eps = rate, eps
        self.beta1, self.beta2 = beta1, beta2
        self.m = self.v = None
        self.t = 0

    def update(self, params, grads):
        if self.m is None:
            self.m, self.v = zeros_for(params), zeros_for(params)
        self.t += 1
        alpha = self.rate * np.sqrt(1 - self.beta1 ** self.t) / (1 - self.beta2 ** self.t)
        for k, g in grads.items():
            self.m[k] = self.beta1 * self.m[k] + (1 - self.beta1) * g
            self.v[k] = self.beta2 * self.v[k] + (1 - self.beta2) * g * g
            params[k] -= alpha * self.m[k] / (np.sqrt(self.v[k]) + self.eps)


def valley(params):
    """0.05 x^2 + y^2"""
    return {"x": 0.1 * params["x"], "y": 2.0 * params["y"]}


if __name__ == "__main__":
    for optimizer in (HeavyBall(0.05), AdaGrad(0.5), Adam(0.01)):
        place = {"x": np.array([-6.0]), "y": np.array([3.0])}
        for _ in range(150):
            optimizer.update(place, valley(place))
        print(type(optimizer).__name__, place["x"], place["y"])
