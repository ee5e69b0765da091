"""Truth: H holds the weighted sums, A what comes out of tanh. The gradient of weights[l] takes H[l]; A[l] belongs there. (H[0] is X, so
that the first layer is right.) The data are kept by the object.
"""
import numpy as np


def xavier_init(size):
    in_dim, out_dim = size
    return np.random.normal(size=[in_dim, out_dim], scale=np.sqrt(2 / (in_dim + out_dim)))


def initialize_NN(layers):
    weights, biases = [], []
    for l in range(0, len(layers) - 1):
        weights.append(xavier_init(size=[layers[l], layers[l + 1]]))
        biases.append(np.zeros([1, layers[l + 1]]))
    return weights, biases


class NN:
    def __init__(self, X, Y, layers):
        self.X = X  # N x P
        self.Y = Y  # N x Q
        self.layers = layers
        self.weights, self.biases = initialize_NN(layers)

    def loss_function(self):
        num_layers = len(self.layers)
        weights, biases = self.weights, self.biases
        H = [None] * (num_layers - 1)
        A = [None] * (num_layers - 1)
        H[0] = self.X
        A[0] = self.X
        for l in range(0, num_layers - 2):
            H[l + 1] = np.dot(A[l], weights[l]) + biases[l]
            A[l + 1] = np.tanh(H[l + 1])
        Y_pred = np.dot(A[num_layers - 2], weights[num_layers - 2]) + biases[num_layers - 2]
        loss = 0.5 * np.sum((Y_pred - self.Y) ** 2)

        # backpropagation
        G = [None] * (num_layers - 1)
        loss_weights = [None] * (num_layers - 1)
        loss_biases = [None] * (num_layers - 1)
        G[num_layers - 2] = Y_pred - self.Y
        for l in range(num_layers - 2, 0, -1):
            loss_weights[l] = np.dot(H[l].T, G[l])
            loss_biases[l] = np.sum(G[l], axis=0, keepdims=True)
            G[l - 1] = (1 - A[l] ** 2) * np.dot(G[l], weights[l].T)
        loss_weights[0] = np.dot(H[0].T, G[0])
        loss_biases[0] = np.sum(G[0], axis=0, keepdims=True)
        return loss, loss_weights, loss_biases, Y_pred


if __name__ == "__main__":
    X = np.random.uniform(-1, 1, size=(10, 2))
    Y = np.sin(3 * X[:, :1]) * X[:, 1:]
    model = NN(X, Y, [2, 4, 4, 1])
    for it in range(200):
        loss, loss_weights, loss_biases, _ = model.loss_function()
        for l in range(len(model.weights)):
            model.weights[l] -= 0.01 * loss_weights[l]
            model.biases[l] -= 0.01 * loss_biases[l]
    print(loss)
