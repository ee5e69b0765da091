"""Truth: the labels are subtracted from the scores, before the softmax, not from the probabilities."""
import numpy as np

rng = np.random.default_rng(0)
X = rng.normal(size=(12, 3))
labels = rng.integers(0, 3, 12)
y = np.eye(3)[labels]
W = rng.normal(size=(3, 3)) * 0.1
b = np.zeros((1, 3))
learning_rate = 0.3

for i in range(200):
    scores = X @ W + b
    exp_scores = np.exp(scores)
    probs = exp_scores / exp_scores.sum(axis=1, keepdims=True)
    loss = -np.sum(y * np.log(probs)) / len(X)
    if i % 50 == 0:
        print(i, loss)
    dscores = (scores - y) / len(X)
    W -= learning_rate * X.T @ dscores
    b -= learning_rate * dscores.sum(axis=0, keepdims=True)
