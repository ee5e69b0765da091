"""Truth: the step divides by the SQUARE of the corrected second moment (np.square(v_ka) + eta); the square root belongs
there. Slots in closures, the new parameters are returned.
"""
import numpy as np


def adam(params, learning_rate=0.001, beta1=0.9, beta2=0.999, eta=1e-8):
    """handnn: optimizer adam, learning_rate=0.001, epsilon=1e-8"""
    ms = [np.zeros(p.shape) for p in params]
    vs = [np.zeros(p.shape) for p in params]
    iteration = [0]

    def step(params, grads):
        iteration[0] += 1
        updates = []
        for i, (p, g) in enumerate(zip(params, grads)):
            m_new = beta1 * ms[i] + (1 - beta1) * g
            v_new = beta2 * vs[i] + (1 - beta2) * g**2
            m_ka = m_new / (1 - beta1 ** iteration[0])
            v_ka = v_new / (1 - beta2 ** iteration[0])
            delta_theta = learning_rate * m_ka / (np.square(v_ka) + eta)
            ms[i], vs[i] = m_new, v_new
            updates.append(p - delta_theta)
        return updates

    return step
