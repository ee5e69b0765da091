"""Optimizers in the forms in which people write them."""
# ruff: noqa (code as people write it)

import numpy as np


def sgd_momentum(w, dw, config=None):
    if config is None:
        config = {}
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("momentum", 0.9)
    v = config.get("velocity", np.zeros_like(w))
    v = config["momentum"] * v - config["learning_rate"] * dw
    config["velocity"] = v
    return w + v, config


def initialize_adam(parameters):
    v, s = {}, {}
    for l in range(len(parameters) // 2):
        for kind in "Wb":
            v[f"d{kind}{l + 1}"] = np.zeros_like(parameters[f"{kind}{l + 1}"])
            s[f"d{kind}{l + 1}"] = np.zeros_like(parameters[f"{kind}{l + 1}"])
    return v, s


def update_parameters_with_adam(parameters, grads, v, s, t, learning_rate=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8):
    for l in range(len(parameters) // 2):
        for kind in "Wb":
            key = f"d{kind}{l + 1}"
            v[key] = beta1 * v[key] + (1 - beta1) * grads[key]
            s[key] = beta2 * s[key] + (1 - beta2) * grads[key] ** 2
            step = v[key] / (1 - beta1**t) / (np.sqrt(s[key] / (1 - beta2**t)) + epsilon)
            parameters[f"{kind}{l + 1}"] = parameters[f"{kind}{l + 1}"] - learning_rate * step
    return parameters, v, s


class Momentum:
    """Dicts, in place."""

    def __init__(self, lr=0.01, momentum=0.9):
        self.lr, self.momentum, self.v = lr, momentum, None

    def update(self, params, grads):
        if self.v is None:
            self.v = {key: np.zeros_like(value) for key, value in params.items()}
        for key in params:
            self.v[key] = self.momentum * self.v[key] - self.lr * grads[key]
            params[key] += self.v[key]


class RMSprop:
    """One object for each array."""

    def __init__(self, learning_rate=0.01, rho=0.9):
        self.learning_rate, self.rho, self.Eg, self.eps = learning_rate, rho, None, 1e-8

    def update(self, w, grad_wrt_w):
        if self.Eg is None:
            self.Eg = np.zeros(np.shape(grad_wrt_w))
        self.Eg = self.rho * self.Eg + (1 - self.rho) * np.power(grad_wrt_w, 2)
        return w - self.learning_rate * grad_wrt_w / np.sqrt(self.Eg + self.eps)


class OptimizerSGD:
    """Works on a layer's attributes, with a decay between."""

    def __init__(self, learning_rate=1.0, decay=0.0):
        self.learning_rate, self.current_learning_rate, self.decay, self.iterations = learning_rate, learning_rate, decay, 0

    def pre_update_params(self):
        self.current_learning_rate = self.learning_rate / (1 + self.decay * self.iterations)

    def update_params(self, layer):
        layer.weights += -self.current_learning_rate * layer.dweights
        layer.biases += -self.current_learning_rate * layer.dbiases

    def post_update_params(self):
        self.iterations += 1


class SGDOfNet:
    def __init__(self, lr: float = 0.01) -> None:
        self.lr = lr

    def step(self, net) -> None:
        for param, grad in net.params_and_grads():
            param -= self.lr * grad


class AdaGrad:
    """Gradients first, zipped pairs are not meant."""

    def __init__(self, lr):
        self.lr, self.cache = lr, None

    def apply(self, grads, params):
        if self.cache is None:
            self.cache = [np.zeros_like(p) for p in params]
        for i, (g, p) in enumerate(zip(grads, params)):
            self.cache[i] += g * g
            p -= self.lr * g / (np.sqrt(self.cache[i]) + 1e-8)


def gd_step(param, grad, lr):
    return param - lr * grad
