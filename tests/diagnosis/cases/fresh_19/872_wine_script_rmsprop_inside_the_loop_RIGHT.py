"""Truth: RIGHT. A script with mini-batches: one hidden layer of leaky units, softmax over three kinds, RMSprop written out in the loop."""
import numpy as np

np.random.seed(0)

# made-up measurements of three kinds of wine
n_per_class = 40
centers = np.array([[1.0, 0.2, -0.5, 0.7], [-0.8, 1.0, 0.3, -0.2], [0.1, -1.0, 0.9, -0.9]])
X = np.concatenate([c + 0.6 * np.random.randn(n_per_class, 4) for c in centers])
labels = np.repeat(np.arange(3), n_per_class)
Y = np.eye(3)[labels]

n_hidden = 16
batch_size = 20
lr = 0.01
decay = 0.9
eps = 1e-8
slope = 0.1

W1 = np.random.randn(4, n_hidden) * np.sqrt(2 / 4)
b1 = np.zeros(n_hidden)
W2 = np.random.randn(n_hidden, 3) * np.sqrt(2 / n_hidden)
b2 = np.zeros(3)

sW1, sb1, sW2, sb2 = np.zeros_like(W1), np.zeros_like(b1), np.zeros_like(W2), np.zeros_like(b2)

for epoch in range(20):
    perm = np.random.permutation(len(X))
    epoch_loss = 0
    for i in range(0, len(X), batch_size):
        idx = perm[i:i + batch_size]
        xb, yb = X[idx], Y[idx]

        # forward
        z1 = xb @ W1 + b1
        h1 = np.where(z1 > 0, z1, slope * z1)
        z2 = h1 @ W2 + b2
        z2 = z2 - z2.max(axis=1, keepdims=True)
        probs = np.exp(z2) / np.exp(z2).sum(axis=1, keepdims=True)
        loss = -np.sum(yb * np.log(probs)) / len(xb)
        epoch_loss += loss * len(xb) / len(X)

        # backward
        dz2 = (probs - yb) / len(xb)
        dW2 = h1.T @ dz2
        db2 = dz2.sum(axis=0)
        dh1 = dz2 @ W2.T
        dz1 = dh1 * np.where(z1 > 0, 1, slope)
        dW1 = xb.T @ dz1
        db1 = dz1.sum(axis=0)

        # rmsprop
        sW1 = decay * sW1 + (1 - decay) * dW1 ** 2
        sb1 = decay * sb1 + (1 - decay) * db1 ** 2
        sW2 = decay * sW2 + (1 - decay) * dW2 ** 2
        sb2 = decay * sb2 + (1 - decay) * db2 ** 2
        W1 -= lr * dW1 / (np.sqrt(sW1) + eps)
        b1 -= lr * db1 / (np.sqrt(sb1) + eps)
        W2 -= lr * dW2 / (np.sqrt(sW2) + eps)
        b2 -= lr * db2 / (np.sqrt(sb2) + eps)

    if epoch % 5 == 0:
        print('epoch', epoch, 'loss', epoch_loss)

h1 = X @ W1 + b1
h1 = np.where(h1 > 0, h1, slope * h1)
print('accuracy', np.mean((h1 @ W2 + b2).argmax(axis=1) == labels))
