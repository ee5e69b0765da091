"""Truth: RIGHT. The output is exp(z) and the loss mu - y * z, whose gradient by z is mu - y: no slope of the exponential is missing. The
offset is no parameter, and the residual is turned, (y - mu), because the steps are added. One long script, visits by hour.
"""
import numpy as np

rng = np.random.default_rng(21)
hours = rng.uniform(0, 24, size=200)
exposure = rng.uniform(0.5, 2.0, size=200)
X = np.column_stack([np.sin(hours * np.pi / 12), np.cos(hours * np.pi / 12), hours / 24])
visits = rng.poisson(exposure * np.exp(0.8 * X[:, 0] + 0.3)).astype(float)
offset = np.log(exposure)

H = 5
W = rng.normal(size=(H, 3)) * 0.5
c = np.zeros(H)
v = rng.normal(size=H) * 0.5
d = 0.0
rate = 0.05
ridge = 1e-3

for epoch in range(300):
    # forward: softsign units, log link
    pre = X @ W.T + c
    act = pre / (1 + np.abs(pre))
    z = act @ v + d + offset
    mu = np.exp(z)
    loss = np.mean(mu - visits * z) + 0.5 * ridge * (np.sum(W ** 2) + np.sum(v ** 2))

    # what is left to explain
    residual = (visits - mu) / len(X)
    step_v = act.T @ residual - ridge * v
    step_d = residual.sum()
    back = np.outer(residual, v) / (1 + np.abs(pre)) ** 2
    step_W = back.T @ X - ridge * W
    step_c = back.sum(axis=0)

    v += rate * step_v
    d += rate * step_d
    W += rate * step_W
    c += rate * step_c

    if epoch % 100 == 0:
        print(epoch, round(loss, 5))
