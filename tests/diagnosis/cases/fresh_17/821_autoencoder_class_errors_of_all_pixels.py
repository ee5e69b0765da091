"""Truth: how many numbers the loss is averaged over; and the slope of what is a sigmoid already. An autoencoder class with encode, decode,
train, rows of pixels, a linear output.
"""
import numpy as np


class Autoencoder(object):
    def __init__(self, n_visible, n_hidden, learning_rate=0.5, seed=1234):
        rng = np.random.RandomState(seed)
        r = np.sqrt(6.0 / (n_visible + n_hidden))
        self.W1 = rng.uniform(-r, r, (n_visible, n_hidden))
        self.b1 = np.zeros((1, n_hidden))
        self.W2 = rng.uniform(-r, r, (n_hidden, n_visible))
        self.b2 = np.zeros((1, n_visible))
        self.lr = learning_rate

    def sigmoid(self, x):
        return 1.0 / (1.0 + np.exp(-x))

    def dsigmoid(self, x):
        s = self.sigmoid(x)
        return s * (1.0 - s)

    def encode(self, X):
        self.z1 = np.dot(X, self.W1) + self.b1
        self.h = self.sigmoid(self.z1)
        return self.h

    def decode(self, h):
        return np.dot(h, self.W2) + self.b2

    def forward(self, X):
        self.X = X
        self.X_hat = self.decode(self.encode(X))
        return self.X_hat

    def loss(self):
        return np.mean((self.X_hat - self.X) ** 2)

    def backward(self):
        n_samples = self.X.shape[0]
        d_out = 2.0 * (self.X_hat - self.X) / n_samples
        self.dW2 = np.dot(self.h.T, d_out)
        self.db2 = np.sum(d_out, axis=0, keepdims=True)
        d_hidden = np.dot(d_out, self.W2.T) * self.dsigmoid(self.h)
        self.dW1 = np.dot(self.X.T, d_hidden)
        self.db1 = np.sum(d_hidden, axis=0, keepdims=True)

    def update(self):
        self.W1 -= self.lr * self.dW1
        self.b1 -= self.lr * self.db1
        self.W2 -= self.lr * self.dW2
        self.b2 -= self.lr * self.db2

    def train(self, X, epochs=100, batch_size=20):
        for epoch in range(epochs):
            losses = []
            for k in range(0, len(X), batch_size):
                self.forward(X[k:k + batch_size])
                losses.append(self.loss())
                self.backward()
                self.update()
            if epoch % 25 == 0:
                print("Epoch {}: reconstruction error {:.5f}".format(epoch, np.mean(losses)))

    def reconstruct(self, x):
        return self.decode(self.encode(x))


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    prototypes = (rng.rand(4, 16) > 0.5).astype(float)
    X = prototypes[rng.randint(4, size=100)]
    X = np.abs(X - (rng.rand(100, 16) < 0.05))
    ae = Autoencoder(16, 6, learning_rate=0.1)
    ae.train(X, epochs=101)
    print(np.round(ae.reconstruct(prototypes[:1]), 1))
