import numpy as np
np.random.seed(0)
train_x = np.random.randn(60, 4)
train_y = np.eye(3)[np.random.randint(0, 3, 60)]
W1 = np.random.randn(4, 6) * 0.3
W2 = np.random.randn(6, 3) * 0.3
batch_size = 10
learning_rate = 0.1
for epoch in range(20):
    order = np.random.permutation(len(train_x))
    total = 0.0
    for start in range(0, len(train_x), batch_size):
        rows = order[start:start + batch_size]
        xb, yb = train_x[rows], train_y[rows]
        hidden = np.tanh(xb @ W1)
        scores = hidden @ W2
        scores = scores - scores.max(axis=1, keepdims=True)
        probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        total += -np.mean(np.log(probs[yb == 1]))
        g = (probs - yb) / len(xb)
        gW2 = hidden.T @ g
        gh = g @ W2.T * (1 - hidden ** 2)  # not: gh = g @ W2.T * (1 - hidden)
        gW1 = xb.T @ gh
        W1 -= learning_rate * gW1
        W2 -= learning_rate * gW2
    print(epoch, total)
