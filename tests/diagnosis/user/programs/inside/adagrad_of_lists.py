# letters of digits: a network of lists of layers with Adagrad
import numpy as np

np.random.seed(3)
sizes = [5, 7, 3]
X = np.random.randn(90, 5)
labels = np.random.randint(0, 3, 90)
Y = np.eye(3)[labels]
weights = [np.random.randn(a, b) * 0.3 for a, b in zip(sizes, sizes[1:])]
biases = [np.zeros(b) for b in sizes[1:]]
cache_w = [np.zeros_like(w) for w in weights]
cache_b = [np.zeros_like(b) for b in biases]

for step in range(200):
    h = np.tanh(X @ weights[0] + biases[0])
    scores = h @ weights[1] + biases[1]
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.sum(Y * np.log(p)) / len(X)
    dscores = (p - Y) / len(X)
    dh = dscores @ weights[1].T * (1 - h * h)
    dws = [X.T @ dh, h.T @ dscores]
    dbs = [dh.sum(axis=0), dscores.sum(axis=0)]
    for i in range(2):
        cache_w[i] += dws[i] ** 2
        cache_b[i] += dbs[i] ** 2
        weights[i] -= 0.05 * dws[i] / (np.sqrt(cache_w[i]) + 1e-8)
        biases[i] -= 0.05 * dbs[i] / (np.sqrt(cache_b[i]) + 1e-8)
    if step % 50 == 0:
        print(step, loss)
