"""dicts and columns"""
import numpy as np
rng = np.random.default_rng(1)
inputs = rng.normal(size=(3, 50))
targets = (inputs.sum(axis=0, keepdims=True) > 0).astype(float)
layers = [3, 5, 1]
params = {}
for l in range(1, len(layers)):
    params["W" + str(l)] = rng.normal(size=(layers[l], layers[l-1])) * 0.5
    params["b" + str(l)] = np.zeros((layers[l], 1))
m = inputs.shape[1]
step = 0.3
for it in range(300):
    cache = {"A0": inputs}
    A = inputs
    for l in range(1, len(layers)):
        Z = params["W" + str(l)] @ A + params["b" + str(l)]
        A = np.tanh(Z) if l < len(layers) - 1 else 1 / (1 + np.exp(-Z))
        cache["A" + str(l)] = A
    cost = -np.mean(targets * np.log(A) + (1 - targets) * np.log(1 - A))
    grads = {}
    dZ = A - targets
    for l in range(len(layers) - 1, 0, -1):
        grads["W" + str(l)] = dZ @ cache["A" + str(l - 1)].T / m
        grads["b" + str(l)] = dZ.sum(axis=1, keepdims=True) / m
        if l > 1:
            dZ = (params["W" + str(l)].T @ dZ) * (1 - cache["A" + str(l - 1)] ** 2)  # not: dZ = (params["W" + str(l)].T @ dZ) * (1 - cache["A" + str(l - 1)])
    for name in params:
        params[name] = params[name] - step * grads[name]
print(cost)
