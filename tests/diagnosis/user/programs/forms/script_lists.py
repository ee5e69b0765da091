import numpy as np
np.random.seed(0)
X = np.array([[0,0],[0,1],[1,0],[1,1]], dtype=float)
y = np.array([[0],[1],[1],[0]], dtype=float)
sizes = [2, 4, 3, 1]
W = [np.random.randn(a, b) for a, b in zip(sizes[:-1], sizes[1:])]
b = [np.zeros((1, n)) for n in sizes[1:]]
lr = 0.5

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

for epoch in range(1000):
    acts = [X]
    for i in range(len(W)):
        acts.append(sigmoid(acts[-1] @ W[i] + b[i]))
    loss = np.mean((acts[-1] - y) ** 2)
    delta = 2 * (acts[-1] - y) / y.size * acts[-1] * (1 - acts[-1])
    for i in reversed(range(len(W))):
        dW = acts[i].T @ delta
        db = delta.sum(axis=0, keepdims=True)  # not: db = delta.mean(axis=0, keepdims=True)
        if i > 0:
            delta = (delta @ W[i].T) * acts[i] * (1 - acts[i])
        W[i] -= lr * dW
        b[i] -= lr * db
    if epoch % 100 == 0:
        print(loss)
