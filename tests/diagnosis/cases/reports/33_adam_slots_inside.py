"""Truth: m and v are set to 0 inside the function, at every call. (epsilon is Keras' own, outside of the
corrected root.)
"""
import numpy as np


def my_adam(params, grads, globals_step, lr=0.01, eps=1e-7):
    """handnn: optimizer adam, learning_rate=0.01, epsilon=1e-7"""
    beta1, beta2 = 0.9, 0.999
    m_w = m_b = v_w = v_b = 0
    alpha = lr * np.sqrt(1 - beta2**globals_step) / (1 - beta1**globals_step)
    m_w = m_w * beta1 + (1 - beta1) * grads[0]
    v_w = v_w * beta2 + (1 - beta2) * np.square(grads[0])
    m_b = m_b * beta1 + (1 - beta1) * grads[1]
    v_b = v_b * beta2 + (1 - beta2) * np.square(grads[1])
    params[0] -= m_w * alpha / (np.sqrt(v_w) + eps)
    params[1] -= m_b * alpha / (np.sqrt(v_b) + eps)


def adam_step(param, grad, t, lr=0.01, eps=1e-7):
    """handnn: optimizer adam, learning_rate=0.01, epsilon=1e-7"""
    beta1, beta2 = 0.9, 0.999
    m = v = 0
    alpha = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    m = m * beta1 + (1 - beta1) * grad
    v = v * beta2 + (1 - beta2) * np.square(grad)
    return param - m * alpha / (np.sqrt(v) + eps)
