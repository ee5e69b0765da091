"""list of dicts, no function, loss not computed; nested loops over samples"""
import numpy as np
np.random.seed(3)
data = np.random.rand(20, 2)
labels = (data[:, :1] * data[:, 1:] > 0.2) * 1.0
network = [{"weights": np.random.randn(2, 4), "bias": np.zeros(4)}, {"weights": np.random.randn(4, 1), "bias": np.zeros(1)}]
eta = 0.1
for epoch in range(200):
    outputs = []
    signal = data
    for layer in network:
        signal = 1.0 / (1.0 + np.exp(-(signal.dot(layer["weights"]) + layer["bias"])))
        outputs.append(signal)
    error = outputs[-1] - labels
    delta = error * outputs[-1] * (1 - outputs[-1])
    for k in range(len(network) - 1, -1, -1):
        below = outputs[k - 1] if k > 0 else data
        gradient = below.T.dot(delta)
        bias_gradient = delta.sum(axis=0)
        if k > 0:
            delta = delta.dot(network[k]["weights"].T) * below * (1 - below)  # not: delta = delta.dot(network[k]["weights"].T) * below
        network[k]["weights"] -= eta * gradient
        network[k]["bias"] -= eta * bias_gradient
