import numpy as np


def relu(z):
    return np.maximum(z, 0)


def cost_and_gradients(layers, X, Y):
    """layers: a list of dicts with kernel and bias; X in rows"""
    acts, zs = [X], []
    for i, layer in enumerate(layers):
        z = acts[-1] @ layer["kernel"] + layer["bias"]
        zs.append(z)
        acts.append(relu(z) if i < len(layers) - 1 else z)
    diff = acts[-1] - Y
    cost = 0.5 * np.mean(np.sum(diff ** 2, axis=1))
    grads = [None] * len(layers)
    delta = diff / len(X)
    for i in reversed(range(len(layers))):
        grads[i] = {"kernel": acts[i].T @ delta, "bias": delta.sum(0)}
        if i > 0:
            delta = (delta @ layers[i]["kernel"].T) * (zs[i - 1] > 0)
    return cost, grads
