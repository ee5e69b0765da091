"""Truth: RIGHT. 'The slope should be taken at the weighted input' was reported: sigmoid_output_to_derivative is given
outputs. Updates (target - output: they are to be ADDED), bit by bit from the last, no biases, lists of values by time.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_output_to_derivative(output):
    return output * (1 - output)


def bits_backward(synapses, a, b, c):
    synapse_0, synapse_1, synapse_h = synapses
    synapse_0_update, synapse_1_update = np.zeros_like(synapse_0), np.zeros_like(synapse_1)
    synapse_h_update = np.zeros_like(synapse_h)
    overallError = 0
    layer_2_deltas, layer_1_values = list(), list()
    layer_1_values.append(np.zeros((1, synapse_h.shape[0])))
    binary_dim = len(a)
    for position in range(binary_dim):
        X = np.array([[a[binary_dim - position - 1], b[binary_dim - position - 1]]])
        y = np.array([[c[binary_dim - position - 1]]])
        layer_1 = sigmoid(np.dot(X, synapse_0) + np.dot(layer_1_values[-1], synapse_h))
        layer_2 = sigmoid(np.dot(layer_1, synapse_1))
        layer_2_error = y - layer_2
        layer_2_deltas.append(layer_2_error * sigmoid_output_to_derivative(layer_2))
        overallError += layer_2_error[0, 0] ** 2 / 2
        layer_1_values.append(layer_1.copy())
    future_layer_1_delta = np.zeros((1, synapse_h.shape[0]))
    for position in range(binary_dim):
        X = np.array([[a[position], b[position]]])
        layer_1 = layer_1_values[-position - 1]
        prev_layer_1 = layer_1_values[-position - 2]
        layer_2_delta = layer_2_deltas[-position - 1]
        layer_1_delta = (
            future_layer_1_delta.dot(synapse_h.T) + layer_2_delta.dot(synapse_1.T)
        ) * sigmoid_output_to_derivative(layer_1)
        synapse_1_update += np.atleast_2d(layer_1).T.dot(layer_2_delta)
        synapse_h_update += np.atleast_2d(prev_layer_1).T.dot(layer_1_delta)
        synapse_0_update += X.T.dot(layer_1_delta)
        future_layer_1_delta = layer_1_delta
    return overallError, [synapse_0_update, synapse_1_update, synapse_h_update]
