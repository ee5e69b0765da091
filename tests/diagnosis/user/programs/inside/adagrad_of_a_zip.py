"""A small recurrent network over a row of numbers, Adagrad in the loop."""

import numpy as np

np.random.seed(0)
H = 8
Wx = np.random.randn(H, 1) * 0.3
Wh = np.random.randn(H, H) * 0.3
Wy = np.random.randn(1, H) * 0.3
bh, by = np.zeros((H, 1)), np.zeros((1, 1))
mWx, mWh, mWy = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(Wy)
mbh, mby = np.zeros_like(bh), np.zeros_like(by)
series = np.sin(np.arange(60) * 0.3)
inputs, targets = series[:-1], series[1:]
learning_rate = 0.1

for n in range(300):
    xs, hs, ys = {}, {-1: np.zeros((H, 1))}, {}
    loss = 0.0
    for t in range(6):
        xs[t] = np.array([[inputs[t]]])
        hs[t] = np.tanh(Wx @ xs[t] + Wh @ hs[t - 1] + bh)
        ys[t] = Wy @ hs[t] + by
        loss += 0.5 * np.sum((ys[t] - targets[t]) ** 2)
    dWx, dWh, dWy = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(Wy)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros((H, 1))
    for t in reversed(range(6)):
        dy = ys[t] - targets[t]
        dWy += dy @ hs[t].T
        dby += dy
        dh = Wy.T @ dy + dhnext
        draw = (1 - hs[t] ** 2) * dh
        dbh += draw
        dWx += draw @ xs[t].T
        dWh += draw @ hs[t - 1].T
        dhnext = Wh.T @ draw
    for param, dparam, mem in zip([Wx, Wh, Wy, bh, by], [dWx, dWh, dWy, dbh, dby], [mWx, mWh, mWy, mbh, mby]):
        mem += dparam * dparam
        param += -learning_rate * dparam / np.sqrt(mem + 1e-8)
    if n % 100 == 0:
        print(n, loss)
