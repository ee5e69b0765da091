import numpy as np


class Momentum:
    def __init__(self, layers, lr=0.01, mu=0.9):
        self.lr, self.mu = lr, mu
        self.v = [{k: np.zeros_like(w) for k, w in layer.weights.items()} for layer in layers]

    def iterate(self, layers):
        for v, layer in zip(self.v, layers):
            for key in layer.weights:
                v[key] = self.mu * v[key] - self.lr * layer.gradients[key]
                layer.weights[key] = layer.weights[key] + v[key]


class MomentumOptimizer:
    def __init__(self, model, lr=0.01, mu=0.9):
        self.model, self.lr, self.mu = model, lr, mu
        self.v = [[np.zeros_like(p) for p in layer.parameters()] for layer in model.layers]

    def step(self):
        for layer, vs in zip(self.model.layers, self.v):
            if layer.trainable:
                for i, (p, g) in enumerate(zip(layer.parameters(), layer.gradients())):
                    vs[i] = self.mu * vs[i] - self.lr * g
                    p += vs[i]


class CustomMomentum:
    def __init__(self, net, lr=0.01, mu=0.9):
        self.net, self.lr, self.mu, self.v = net, lr, mu, {}

    def step(self):
        for number, layer in enumerate(self.net.layers):
            for name in ("W", "b"):
                v = self.v.get((number, name), 0.0)
                v = self.mu * v - self.lr * getattr(layer, "d" + name)
                self.v[number, name] = v
                setattr(layer, name, getattr(layer, name) + v)


class MyMomentum:
    def __init__(self, parameters, lr=0.01, mu=0.9):
        self.parameters, self.lr, self.mu = list(parameters), lr, mu
        self.v = [np.zeros_like(p.data) for p in self.parameters]

    def step(self):
        for i, p in enumerate(self.parameters):
            if p.grad is not None:
                self.v[i] = self.mu * self.v[i] - self.lr * p.grad
                p.data += self.v[i]


def momentum_step(x, lr=0.01, mu=0.9):
    v = np.zeros_like(x)
    while True:
        g = yield x
        v = mu * v - lr * g
        x = x + v


def momentum_update(lr=0.01, mu=0.9):
    v = 0.0
    while True:
        g = yield v
        v = mu * v - lr * g


def momentum_scratch(lr=0.01, mu=0.9):
    v, w = 0.0, None
    while True:
        w, dw = yield w
        v = mu * v - lr * dw
        w = w + v


def running_mean():
    total, count = 0.0, 0
    while True:
        x = yield total / max(count, 1)
        total, count = total + x, count + 1


class MomentumApart:
    def __init__(self, rate=0.01, friction=0.9):
        self.rate, self.friction = rate, friction
        self.speed_w = self.speed_b = 0.0

    def step(self, weights, grad_weights, biases, grad_biases):
        self.speed_w = self.friction * self.speed_w - self.rate * grad_weights
        self.speed_b = self.friction * self.speed_b - self.rate * grad_biases
        return weights + self.speed_w, biases + self.speed_b
