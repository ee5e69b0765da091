"""Truth: what the second moment gathers. A script for a noisy curve, one hidden layer of tanh, Adam written out in the loop."""
import numpy as np

np.random.seed(10)
x = np.linspace(-3, 3, 80).reshape(-1, 1)
y = np.sin(1.5 * x) + 0.1 * np.random.randn(80, 1)

n_hidden = 20
W1 = np.random.randn(1, n_hidden)
b1 = np.zeros((1, n_hidden))
W2 = np.random.randn(n_hidden, 1) / np.sqrt(n_hidden)
b2 = np.zeros((1, 1))

params = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
m = {k: np.zeros_like(v) for k, v in params.items()}
v = {k: np.zeros_like(v) for k, v in params.items()}
beta1, beta2, eps, lr = 0.9, 0.999, 1e-8, 0.01

for t in range(1, 501):
    # forward
    z1 = x @ params["W1"] + params["b1"]
    a1 = np.tanh(z1)
    y_pred = a1 @ params["W2"] + params["b2"]
    loss = np.mean((y_pred - y) ** 2)

    # backward
    dy = 2 * (y_pred - y) / len(x)
    grads = {}
    grads["W2"] = a1.T @ dy
    grads["b2"] = dy.sum(axis=0, keepdims=True)
    dz1 = (dy @ params["W2"].T) * (1 - a1 ** 2)
    grads["W1"] = x.T @ dz1
    grads["b1"] = dz1.sum(axis=0, keepdims=True)

    # adam
    for k in params:
        m[k] = beta1 * m[k] + (1 - beta1) * grads[k]
        v[k] = beta2 * v[k] + (1 - beta2) * m[k] ** 2
        m_hat = m[k] / (1 - beta1 ** t)
        v_hat = v[k] / (1 - beta2 ** t)
        params[k] -= lr * m_hat / (np.sqrt(v_hat) + eps)

    if t % 100 == 0:
        print(f"step {t}: loss {loss:.5f}")
