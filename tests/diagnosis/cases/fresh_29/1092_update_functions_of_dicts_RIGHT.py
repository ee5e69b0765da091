"""Truth: all is right. Momentum keeps the step with its sign, RMSprop has epsilon beside the root, Lion takes the sign before it
updates its average. Are these the same rules as in the framework? My curves differ a little.
"""
import numpy as np


def momentum_update(params, grads, velocity, lr=0.05, mu=0.9):
    """handnn: optimizer sgd, learning_rate=0.05, momentum=0.9"""
    for name in params:
        velocity[name] = mu * velocity.get(name, 0.0) - lr * grads[name]
        params[name] = params[name] + velocity[name]
    return params, velocity


def rmsprop_update(params, grads, cache, lr=0.01, decay=0.9, eps=1e-7):
    for name in params:
        old = cache.get(name, np.zeros_like(params[name]))
        cache[name] = old + (1 - decay) * (grads[name] ** 2 - old)
        params[name] = params[name] - lr * grads[name] / (np.sqrt(cache[name]) + eps)
    return params, cache


def lion_update(params, grads, average, lr=0.001, beta1=0.9, beta2=0.99):
    """handnn: optimizer lion, learning_rate=0.001, beta_1=0.9, beta_2=0.99"""
    for name in params:
        m = average.get(name, np.zeros_like(params[name]))
        params[name] = params[name] - lr * np.sign(beta1 * m + (1 - beta1) * grads[name])
        average[name] = beta2 * m + (1 - beta2) * grads[name]
    return params, average


if __name__ == "__main__":
    for rule in (momentum_update, rmsprop_update, lion_update):
        params, state = {"W": np.array([[1.0, -1.0], [2.0, 0.5]]), "b": np.array([0.3, -0.3])}, {}
        for step in range(50):
            grads = {name: 2 * value for name, value in params.items()}
            params, state = rule(params, grads, state)
        print(rule.__name__, params["b"])
