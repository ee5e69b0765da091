"""Truth: the output weights are changed before the error goes back through them. A script of a relu network for prices, everything at the top level."""
import numpy as np

np.random.seed(42)

# made up flats: size, rooms, age (all scaled already)
n_samples = 60
X = np.random.randn(n_samples, 3)
y = (2.0 * X[:, 0] - 1.0 * X[:, 1] * X[:, 2] + 0.5).reshape(-1, 1)

n_hidden = 10
learning_rate = 0.05
epochs = 300

W1 = np.random.randn(3, n_hidden) * np.sqrt(2 / 3)
b1 = np.zeros((1, n_hidden))
W2 = np.random.randn(n_hidden, 1) * np.sqrt(2 / n_hidden)
b2 = np.zeros((1, 1))

for epoch in range(epochs):
    # forward
    z1 = X @ W1 + b1
    a1 = np.maximum(0, z1)
    y_pred = a1 @ W2 + b2

    loss = np.mean((y_pred - y) ** 2)

    # output layer
    d_out = 2 * (y_pred - y) / n_samples
    grad_W2 = a1.T @ d_out
    grad_b2 = np.sum(d_out, axis=0, keepdims=True)
    W2 = W2 - learning_rate * grad_W2
    b2 = b2 - learning_rate * grad_b2

    # hidden layer
    d_hidden = (d_out @ W2.T) * (z1 > 0)
    grad_W1 = X.T @ d_hidden
    grad_b1 = np.sum(d_hidden, axis=0, keepdims=True)
    W1 = W1 - learning_rate * grad_W1
    b1 = b1 - learning_rate * grad_b1

    if epoch % 50 == 0:
        print(f"epoch {epoch}: loss {loss:.4f}")

print("last prediction", y_pred[0, 0], "should be", y[0, 0])
