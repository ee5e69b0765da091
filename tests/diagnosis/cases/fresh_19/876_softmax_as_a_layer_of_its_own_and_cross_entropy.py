"""Truth: how every output of the softmax hangs on every input. A library of a class project: dense, tanh, softmax and two losses, rows."""
import numpy as np


class Dense:
    def __init__(self, n_inputs, n_outputs):
        self.weights = np.random.randn(n_inputs, n_outputs) / np.sqrt(n_inputs)
        self.biases = np.zeros((1, n_outputs))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases
        return self.output

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        self.dinputs = np.dot(dvalues, self.weights.T)
        return self.dinputs


class Tanh:
    def forward(self, inputs):
        self.output = np.tanh(inputs)
        return self.output

    def backward(self, dvalues):
        self.dinputs = dvalues * (1 - self.output ** 2)
        return self.dinputs


class Softmax:
    def forward(self, inputs):
        exp_values = np.exp(inputs - np.max(inputs, axis=1, keepdims=True))
        self.output = exp_values / np.sum(exp_values, axis=1, keepdims=True)
        return self.output

    def backward(self, dvalues):
        self.dinputs = np.empty_like(dvalues)
        for index, (single_output, single_dvalues) in enumerate(zip(self.output, dvalues)):
            jacobian_matrix = np.diagflat(single_output) - np.diagflat(single_output ** 2)
            self.dinputs[index] = np.dot(jacobian_matrix, single_dvalues)
        return self.dinputs


class CrossEntropy:
    def forward(self, y_pred, y_true):
        return np.mean(-np.sum(y_true * np.log(y_pred), axis=1))

    def backward(self, y_pred, y_true):
        return -y_true / y_pred / len(y_pred)


class MeanSquaredError:
    def forward(self, y_pred, y_true):
        return np.mean((y_pred - y_true) ** 2)

    def backward(self, y_pred, y_true):
        return 2 * (y_pred - y_true) / y_pred.size


if __name__ == "__main__":
    np.random.seed(0)
    X = np.random.randn(60, 2)
    Y = np.eye(3)[(X[:, 0] > 0).astype(int) + (X[:, 1] > 0)]
    for criterion in (MeanSquaredError(), CrossEntropy()):
        layers = [Dense(2, 8), Tanh(), Dense(8, 3), Softmax()]
        for epoch in range(301):
            out = X
            for layer in layers:
                out = layer.forward(out)
            loss = criterion.forward(out, Y)
            grad = criterion.backward(out, Y)
            for layer in reversed(layers):
                grad = layer.backward(grad)
            for layer in layers:
                if isinstance(layer, Dense):
                    layer.weights -= 0.5 * layer.dweights
                    layer.biases -= 0.5 * layer.dbiases
            if epoch % 100 == 0:
                print(type(criterion).__name__, epoch, round(loss, 4))
