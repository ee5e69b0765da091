"""Truth: the slope of the hidden units is taken at their output instead of at their net input. My little XOR network gets stuck around 0.5 - what is wrong with the training?

One sample at a time, 1-D vectors and np.outer, weights are (out, in).
"""
import numpy as np

rng = np.random.RandomState(7)


def logistic(v):
    return 1.0 / (1.0 + np.exp(-v))


def logistic_slope(v):
    """slope at the *input* v"""
    s = logistic(v)
    return s * (1.0 - s)


patterns = [([0, 0], [0]), ([0, 1], [1]), ([1, 0], [1]), ([1, 1], [0])]

w_hid = rng.uniform(-1, 1, (4, 2))
b_hid = rng.uniform(-1, 1, 4)
w_out = rng.uniform(-1, 1, (1, 4))
b_out = rng.uniform(-1, 1, 1)
eta = 0.5

for sweep in range(300):
    sse = 0.0
    for inp, tgt in patterns:
        x = np.array(inp, dtype=float)
        t = np.array(tgt, dtype=float)
        net_h = w_hid.dot(x) + b_hid
        act_h = logistic(net_h)
        net_o = w_out.dot(act_h) + b_out
        act_o = logistic(net_o)

        err = act_o - t
        sse += 0.5 * np.sum(err ** 2)

        d_out = err * logistic_slope(net_o)
        d_hid = w_out.T.dot(d_out) * logistic_slope(act_h)

        w_out -= eta * np.outer(d_out, act_h)
        b_out -= eta * d_out
        w_hid -= eta * np.outer(d_hid, x)
        b_hid -= eta * d_hid
    if sweep % 100 == 0:
        print("sweep", sweep, "sse", round(sse, 4))
