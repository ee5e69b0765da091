"""Truth: b1 = 0.1 and b2 = 0.001 are the shares of the NEW gradient in the averages (that is, 1 - beta), but in the
corrections they are taken for the betas: it must be 1 - (1 - b)**t. Dies out after some steps.
"""
import numpy as np


def adam_init(params):
    return {"i": 0.0, "slots": {k: [np.zeros_like(p), np.zeros_like(p)] for k, p in params.items()}}


def adam(params, grads, state, lr=0.0002, b1=0.1, b2=0.001, e=1e-8):
    """handnn: optimizer adam, learning_rate=0.0002, beta_1=0.9, beta_2=0.999, epsilon=1e-8"""
    i_t = state["i"] + 1.0
    fix1 = 1.0 - b1**i_t
    fix2 = 1.0 - b2**i_t
    lr_t = lr * (np.sqrt(fix2) / fix1)
    for k in params:
        g = grads[k]
        m, v = state["slots"][k]
        m_t = (b1 * g) + ((1.0 - b1) * m)
        v_t = (b2 * np.square(g)) + ((1.0 - b2) * v)
        g_t = m_t / (np.sqrt(v_t) + e)
        params[k] = params[k] - (lr_t * g_t)
        state["slots"][k] = [m_t, v_t]
    state["i"] = i_t
    return params
