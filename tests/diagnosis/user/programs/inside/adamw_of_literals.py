"""A regression with AdamW: the decay is taken off the weights by itself."""

import numpy as np

rng = np.random.default_rng(2)
X = rng.normal(size=(100, 5))
y = X @ rng.normal(size=(5, 1)) + 0.1 * rng.normal(size=(100, 1))
params = [rng.normal(size=(5, 7)) * 0.4, np.zeros((1, 7)), rng.normal(size=(7, 1)) * 0.4, np.zeros((1, 1))]
m = [np.zeros_like(p) for p in params]
v = [np.zeros_like(p) for p in params]
step = 0

for epoch in range(200):
    z = X @ params[0] + params[1]
    a = z * (z > 0)
    pred = a @ params[2] + params[3]
    loss = ((pred - y) ** 2).mean()
    d = 2 * (pred - y) / len(X)
    dz = d @ params[2].T * (z > 0)
    grads = [X.T @ dz, dz.sum(axis=0, keepdims=True), a.T @ d, d.sum(axis=0, keepdims=True)]
    step += 1
    for j in range(4):
        m[j] = 0.9 * m[j] + 0.1 * grads[j]
        v[j] = 0.99 * v[j] + 0.01 * grads[j] * grads[j]
        mh = m[j] / (1 - 0.9**step)
        vh = v[j] / (1 - 0.99**step)
        params[j] = params[j] - 0.003 * (mh / (np.sqrt(vh) + 1e-8) + 0.05 * params[j])
