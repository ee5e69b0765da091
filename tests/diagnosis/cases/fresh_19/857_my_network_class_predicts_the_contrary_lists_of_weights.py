"""Truth: how many samples a mean is over. A class for a network of sigmoids of any depth, lists that begin with None, columns."""
import numpy as np


class MyNetwork:
    def __init__(self, layers, alpha=0.5):
        self.alpha = alpha
        self.weights = [None]
        self.biases = [None]
        rnd = np.random.RandomState(0)
        for n_in, n_out in zip(layers, layers[1:]):
            self.weights.append(rnd.randn(n_out, n_in) * 0.5)
            self.biases.append(np.zeros((n_out, 1)))

    def sigmoid(self, z):
        return 1. / (1. + np.exp(-z))

    def forward(self, X):
        activations = [X]
        zs = [None]
        h = X
        for l in np.arange(1, len(self.weights)):
            z = self.weights[l].dot(h) + self.biases[l]
            h = self.sigmoid(z)
            zs.append(z)
            activations.append(h)
        return h, activations, zs

    def cost(self, h, Y):
        return -np.sum(Y * np.log(h) + (1 - Y) * np.log(1 - h)) / Y.shape[1]

    def gradients(self, X, Y):
        dws = []
        dbs = []
        h, activations, zs = self.forward(X)
        da = -(np.divide(Y, h) - np.divide(1 - Y, 1 - h))
        for d in np.arange(1, len(self.weights))[::-1]:
            a = activations[d]
            w = self.weights[d]
            dz = da * a * (1 - a)
            m = w.shape[1]
            dw = 1. / m * dz.dot(activations[d - 1].T)
            db = 1. / m * np.sum(dz, axis=1, keepdims=True)
            da = w.T.dot(dz)
            dws.insert(0, dw)
            dbs.insert(0, db)
        dws.insert(0, None)
        dbs.insert(0, None)
        return dws, dbs

    def fit(self, X, Y, iterations=1000):
        for i in range(iterations):
            dws, dbs = self.gradients(X, Y)
            for d in range(1, len(self.weights)):
                self.weights[d] -= self.alpha * dws[d]
                self.biases[d] -= self.alpha * dbs[d]
            if i % 250 == 0:
                print(i, self.cost(self.forward(X)[0], Y))


if __name__ == "__main__":
    X = np.array([[-3., -2., 3., 2., -1., 1., 0.5], [1., 0., 0.5, -1., 2., 0., 1.]])
    Y = np.array([[0, 0, 1, 1, 0, 1, 1]])
    net = MyNetwork([2, 3, 1])
    net.fit(X, Y)
    print(np.round(net.forward(X)[0], 2))
