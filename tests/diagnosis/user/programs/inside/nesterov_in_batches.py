import numpy as np

rng = np.random.default_rng(7)
X = rng.uniform(-1, 1, size=(128, 3))
y = np.sin(X.sum(axis=1, keepdims=True) * 2)
w1 = rng.normal(size=(3, 10))
c1 = np.zeros(10)
w2 = rng.normal(size=(10, 1)) / 3
c2 = np.zeros(1)
v_w1 = np.zeros_like(w1)
v_c1 = np.zeros_like(c1)
v_w2 = np.zeros_like(w2)
v_c2 = np.zeros_like(c2)
lr, mu, batch = 0.05, 0.9, 16

for epoch in range(50):
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch):
        rows = order[start : start + batch]
        xb, yb = X[rows], y[rows]
        h = np.tanh(xb @ w1 + c1)
        pred = h @ w2 + c2
        loss = np.mean((pred - yb) ** 2)
        d = 2 * (pred - yb) / len(xb)
        gw2 = h.T @ d
        gc2 = d.sum(axis=0)
        dh = (d @ w2.T) * (1 - h**2)
        gw1 = xb.T @ dh
        gc1 = dh.sum(axis=0)
        # Nesterov
        v_w1 = mu * v_w1 - lr * gw1
        v_c1 = mu * v_c1 - lr * gc1
        v_w2 = mu * v_w2 - lr * gw2
        v_c2 = mu * v_c2 - lr * gc2
        w1 += mu * v_w1 - lr * gw1
        c1 += mu * v_c1 - lr * gc1
        w2 += mu * v_w2 - lr * gw2
        c2 += mu * v_c2 - lr * gc2
    if epoch % 10 == 0:
        print(epoch, loss)
