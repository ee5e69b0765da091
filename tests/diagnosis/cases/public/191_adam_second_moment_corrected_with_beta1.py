"""Truth: s_corrected divides by 1 - beta1**t; it must be beta2. v, s and the parameters are dicts with the keys dW1,
db1 and so on; t is handed in.
"""
import numpy as np


def initialize_adam(parameters):
    L = len(parameters) // 2
    v, s = {}, {}
    for l in range(1, L + 1):
        for k in ("W", "b"):
            v["d" + k + str(l)] = np.zeros(parameters[k + str(l)].shape)
            s["d" + k + str(l)] = np.zeros(parameters[k + str(l)].shape)
    return v, s


def update_parameters_with_adam(parameters, grads, v, s, t, learning_rate=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """handnn: optimizer adam, learning_rate=0.01, epsilon=1e-8"""
    L = len(parameters) // 2
    v_corrected, s_corrected = {}, {}
    for l in range(1, L + 1):
        for k in ("W" + str(l), "b" + str(l)):
            v["d" + k] = beta1 * v["d" + k] + (1 - beta1) * grads["d" + k]
            v_corrected["d" + k] = v["d" + k] / (1 - np.power(beta1, t))
            s["d" + k] = beta2 * s["d" + k] + (1 - beta2) * np.power(grads["d" + k], 2)
            s_corrected["d" + k] = s["d" + k] / (1 - np.power(beta1, t))
            parameters[k] = parameters[k] - learning_rate * v_corrected["d" + k] / (
                np.sqrt(s_corrected["d" + k]) + epsilon
            )
    return parameters, v, s
