"""Truth: the softmax's derivative is s * (1 - s), as if it were a sigmoid, the other entries of the Jacobian are missing. A
homework on digits with NumPy: it seems unequal to the gradient of softmax, but similar to the sigmoid's. I am confused.
"""
import numpy as np


def relu(x):
    return np.maximum(x, 0)


def relu_prime(x):
    return (x > 0).astype(float)


class MLP:
    def __init__(self, input_size, hidden_size, output_size, lr):
        self.lr = lr
        self.W1 = np.random.randn(input_size, hidden_size) * np.sqrt(2 / input_size)
        self.b1 = np.zeros(hidden_size)
        self.W2 = np.random.randn(hidden_size, output_size) * np.sqrt(2 / hidden_size)
        self.b2 = np.zeros(output_size)

    def softmax(self, x):
        e = np.exp(x - np.max(x, axis=-1, keepdims=True))
        return e / np.sum(e, axis=-1, keepdims=True)

    def softmax_prime(self, x):
        return self.softmax(x) * (1 - self.softmax(x))

    def forward(self, x):
        self.z1 = x @ self.W1 + self.b1
        self.a1 = relu(self.z1)
        self.z2 = self.a1 @ self.W2 + self.b2
        self.a2 = self.softmax(self.z2)
        return self.a2

    def loss(self, x, y):
        return -np.sum(y * np.log(self.forward(x))) / len(x)

    def step(self, x, y):
        n = len(x)
        loss = self.loss(x, y)
        da2 = -y / self.a2 / n
        dz2 = da2 * self.softmax_prime(self.z2)
        dW2 = self.a1.T @ dz2
        db2 = dz2.sum(axis=0)
        dz1 = dz2 @ self.W2.T * relu_prime(self.z1)
        dW1 = x.T @ dz1
        db1 = dz1.sum(axis=0)
        self.W2 -= self.lr * dW2
        self.b2 -= self.lr * db2
        self.W1 -= self.lr * dW1
        self.b1 -= self.lr * db1
        return loss


if __name__ == "__main__":
    np.random.seed(0)
    X = np.random.rand(64, 12)
    Y = np.eye(3)[np.argmax(X[:, :3], axis=1)]
    net = MLP(12, 10, 3, lr=0.1)
    for epoch in range(20):
        for i in range(0, 64, 16):
            loss = net.step(X[i:i + 16], Y[i:i + 16])
    print("loss", loss)
