"""Truth: which weights carry the error down. A class with forward, backprop and train, tanh and a sigmoid, cross entropy, rows."""
import numpy as np


class NeuralNetwork:
    def __init__(self, input_size, hidden_size, output_size, learning_rate=0.3):
        np.random.seed(12)
        self.lr = learning_rate
        self.W1 = np.random.randn(input_size, hidden_size) / np.sqrt(input_size)
        self.b1 = np.zeros((1, hidden_size))
        self.W2 = np.random.randn(hidden_size, output_size) / np.sqrt(hidden_size)
        self.b2 = np.zeros((1, output_size))

    def forward(self, X):
        self.z1 = X.dot(self.W1) + self.b1
        self.a1 = np.tanh(self.z1)
        self.z2 = self.a1.dot(self.W2) + self.b2
        self.a2 = 1 / (1 + np.exp(-self.z2))
        return self.a2

    def loss(self, y):
        return -np.mean(y * np.log(self.a2) + (1 - y) * np.log(1 - self.a2))

    def backprop(self, X, y):
        m = X.shape[0]

        # output layer
        delta2 = (self.a2 - y) / m
        dW2 = self.a1.T.dot(delta2)
        db2 = np.sum(delta2, axis=0, keepdims=True)
        self.W2 -= self.lr * dW2
        self.b2 -= self.lr * db2

        # hidden layer
        delta1 = delta2.dot(self.W2.T) * (1 - self.a1 ** 2)
        dW1 = X.T.dot(delta1)
        db1 = np.sum(delta1, axis=0, keepdims=True)
        self.W1 -= self.lr * dW1
        self.b1 -= self.lr * db1

    def train(self, X, y, epochs):
        history = []
        for epoch in range(epochs):
            self.forward(X)
            history.append(self.loss(y))
            self.backprop(X, y)
            if epoch % 200 == 0:
                print(f"Epoch {epoch}: loss = {history[-1]:.4f}")
        return history

    def predict(self, X):
        return (self.forward(X) > 0.5).astype(int)


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    X = rng.uniform(-1, 1, (100, 2))
    y = (X[:, :1] ** 2 + X[:, 1:] ** 2 < 0.5).astype(float)
    nn = NeuralNetwork(2, 8, 1)
    nn.train(X, y, 1001)
    print("Accuracy:", np.mean(nn.predict(X) == y))
