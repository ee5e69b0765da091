"""Truth: RIGHT. An autoencoder with three hidden layers as a class: lists of weights, sigmoids, mean squared error, batches, momentum."""
import numpy as np


class AutoEncoder(object):

    def __init__(self, sizes, learning_rate=0.5, momentum=0.8, batch_size=16, random_state=None):
        self.sizes = sizes
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.batch_size = batch_size
        self.rng = np.random.RandomState(random_state)
        self.weights_ = []
        self.biases_ = []
        for fan_in, fan_out in zip(sizes[:-1], sizes[1:]):
            bound = np.sqrt(6.0 / (fan_in + fan_out))
            self.weights_.append(self.rng.uniform(-bound, bound, (fan_in, fan_out)))
            self.biases_.append(np.zeros(fan_out))
        self.vw_ = [np.zeros_like(w) for w in self.weights_]
        self.vb_ = [np.zeros_like(b) for b in self.biases_]

    @staticmethod
    def _sigmoid(z):
        return 1.0 / (1.0 + np.exp(-z))

    @staticmethod
    def _sigmoid_derivative(a):
        return a * (1.0 - a)

    def _forward(self, X):
        activations = [X]
        for w, b in zip(self.weights_, self.biases_):
            activations.append(self._sigmoid(np.dot(activations[-1], w) + b))
        return activations

    def loss(self, X):
        output = self._forward(X)[-1]
        return np.mean(np.sum((output - X) ** 2, axis=1))

    def _backward(self, activations):
        X, output = activations[0], activations[-1]
        n = X.shape[0]
        grads_w = [None] * len(self.weights_)
        grads_b = [None] * len(self.biases_)
        delta = 2.0 * (output - X) / n * self._sigmoid_derivative(output)
        for i in range(len(self.weights_) - 1, -1, -1):
            grads_w[i] = np.dot(activations[i].T, delta)
            grads_b[i] = np.sum(delta, axis=0)
            if i > 0:
                delta = np.dot(delta, self.weights_[i].T) * self._sigmoid_derivative(activations[i])
        return grads_w, grads_b

    def fit(self, X, n_epochs=50, verbose=True):
        for epoch in range(n_epochs):
            order = self.rng.permutation(len(X))
            for start in range(0, len(X), self.batch_size):
                batch = X[order[start:start + self.batch_size]]
                grads_w, grads_b = self._backward(self._forward(batch))
                for i in range(len(self.weights_)):
                    self.vw_[i] = self.momentum * self.vw_[i] - self.learning_rate * grads_w[i]
                    self.vb_[i] = self.momentum * self.vb_[i] - self.learning_rate * grads_b[i]
                    self.weights_[i] += self.vw_[i]
                    self.biases_[i] += self.vb_[i]
            if verbose and epoch % 10 == 0:
                print('epoch %3d  loss %.5f' % (epoch, self.loss(X)))
        return self

    def transform(self, X):
        return self._forward(X)[len(self.weights_) // 2]


if __name__ == '__main__':
    rng = np.random.RandomState(42)
    codes = rng.rand(64, 2)
    X = 1 / (1 + np.exp(-codes.dot(rng.randn(2, 9))))
    ae = AutoEncoder([9, 6, 2, 6, 9], random_state=1)
    ae.fit(X)
    print(ae.transform(X[:3]))
