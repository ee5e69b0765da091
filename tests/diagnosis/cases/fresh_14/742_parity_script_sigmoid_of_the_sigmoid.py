"""Truth: dsigmoid takes the sigmoid of what it is given, and is given the outputs h and out, which are sigmoids already: it has to be
given the sums below them, or to return s * (1 - s). A script with everything at module level, three bits and their parity.
"""
import numpy as np
from itertools import product

rng = np.random.default_rng(11)

bits = np.array(list(product([0, 1], repeat=3)), dtype=float)
parity = bits.sum(axis=1, keepdims=True) % 2

n_hidden = 6
eta = 2.0
w_ih = rng.uniform(-1, 1, (3, n_hidden))
w_ho = rng.uniform(-1, 1, (n_hidden, 1))
b_h = np.zeros(n_hidden)
b_o = np.zeros(1)


def sigmoid(t):
    return 1.0 / (1.0 + np.exp(-t))


def dsigmoid(t):
    s = sigmoid(t)
    return s * (1 - s)


history = []
for epoch in range(2000):
    # up
    h = sigmoid(bits.dot(w_ih) + b_h)
    out = sigmoid(h.dot(w_ho) + b_o)
    loss = 0.5 * np.sum((out - parity) ** 2)
    history.append(loss)

    # down
    delta_out = (out - parity) * dsigmoid(out)
    delta_h = delta_out.dot(w_ho.T) * dsigmoid(h)
    g_ho = h.T.dot(delta_out)
    g_ih = bits.T.dot(delta_h)
    g_bo = delta_out.sum(axis=0)
    g_bh = delta_h.sum(axis=0)

    w_ho -= eta * g_ho
    w_ih -= eta * g_ih
    b_o -= eta * g_bo
    b_h -= eta * g_bh

print("first", history[0], "last", history[-1])
for row, p in zip(bits, out):
    print(row.astype(int), round(float(p[0]), 3))
