import numpy as np

rng = np.random.default_rng(2)
samples = rng.normal(size=(30, 2))
marks = rng.integers(0, 2, 30)
theta = [rng.normal(size=(3, 2)), rng.normal(size=3), rng.normal(size=(2, 3)), rng.normal(size=2)]

for sweep in range(10):
    hits = 0
    for k in range(30):
        v, t = samples[k], marks[k]
        h = np.tanh(theta[0] @ v + theta[1])
        s = theta[2] @ h + theta[3]
        p = np.exp(s - s.max())
        p /= p.sum()
        cost = -np.log(p[t])
        hits += p.argmax() == t
        ds = p.copy()
        ds[t] -= 1
        dh = theta[2].T @ ds * (1 - h * h)  # not: dh = theta[2].T @ ds * (1 - h)
        for j, g in enumerate([np.outer(dh, v), dh, np.outer(ds, h), ds]):
            theta[j] -= 0.1 * g
    print(sweep, hits / 30)
