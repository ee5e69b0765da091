"""Truth: relu2deriv is called with the OUTPUT of relu, which is never negative: `>= 0` is 1 everywhere, so the
derivative of the dead units is lost. It must be `> 0`. (For the input, `>=` would have done.) Rows, no biases.
"""
import numpy as np

hidden_size = 4


def relu(x):
    return (x >= 0) * x


def relu2deriv(output):
    return output >= 0


def gradients(weights, images, labels):
    """handnn: network 3-4-2 relu linear mse"""
    weights_0_1, weights_1_2 = weights
    weight_delta_0_1, weight_delta_1_2 = np.zeros_like(weights_0_1), np.zeros_like(weights_1_2)
    for i in range(len(images)):
        layer_0 = images[i : i + 1]
        layer_1 = relu(np.dot(layer_0, weights_0_1))
        layer_2 = np.dot(layer_1, weights_1_2)
        layer_2_delta = layer_2 - labels[i : i + 1]
        layer_1_delta = layer_2_delta.dot(weights_1_2.T) * relu2deriv(layer_1)
        weight_delta_1_2 += layer_1.T.dot(layer_2_delta)
        weight_delta_0_1 += layer_0.T.dot(layer_1_delta)
    return [weight_delta_0_1, weight_delta_1_2]
