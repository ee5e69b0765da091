"""Truth: the way to the first weights skips the slope of the output's sigmoid. A class for XOR that keeps layer1 and output and updates in backprop."""
import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def sigmoid_derivative(s):
    # expects something that went through the sigmoid already
    return s * (1.0 - s)


class NeuralNetwork:
    def __init__(self, x, y, hidden=4):
        self.input = x
        self.y = y
        self.weights1 = np.random.rand(self.input.shape[1], hidden)
        self.weights2 = np.random.rand(hidden, 1)
        self.output = np.zeros(self.y.shape)

    def feedforward(self):
        self.layer1 = sigmoid(np.dot(self.input, self.weights1))
        self.output = sigmoid(np.dot(self.layer1, self.weights2))
        return self.output

    def loss(self):
        return np.sum((self.y - self.output) ** 2)

    def backprop(self):
        error = 2 * (self.y - self.output)
        d_weights2 = np.dot(self.layer1.T, error * sigmoid_derivative(self.output))
        hidden_error = np.dot(error, self.weights2.T)
        d_weights1 = np.dot(self.input.T, hidden_error * sigmoid_derivative(self.layer1))

        # the error is y - output, so we add
        self.weights1 += d_weights1
        self.weights2 += d_weights2


if __name__ == "__main__":
    np.random.seed(1)
    X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    y = np.array([[0], [1], [1], [0]])
    nn = NeuralNetwork(X, y)
    for i in range(1500):
        nn.feedforward()
        if i % 500 == 0:
            print("loss:", nn.loss())
        nn.backprop()
    print(nn.output)
