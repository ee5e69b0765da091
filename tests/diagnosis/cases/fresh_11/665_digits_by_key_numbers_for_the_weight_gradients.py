"""Truth: three mistakes of one kind: a weight's gradient is the outer product of the error and of what the layer was GIVEN (A2, A1, A0);
np.dot of the error and the layer's own output is one number, which all weights are moved by. One image a step, no biases; the errors are
right.
"""
import numpy as np


class DeepNeuralNetwork:
    def __init__(self, sizes=(6, 5, 4, 3), epochs=20, l_rate=0.05):
        self.sizes = sizes
        self.epochs = epochs
        self.l_rate = l_rate
        self.params = self.initialization()

    def sigmoid(self, x, derivative=False):
        if derivative:
            return np.exp(-x) / ((np.exp(-x) + 1) ** 2)
        return 1 / (1 + np.exp(-x))

    def softmax(self, x):
        exps = np.exp(x - x.max())
        return exps / np.sum(exps, axis=0)

    def initialization(self):
        input_layer, hidden_1, hidden_2, output_layer = self.sizes
        return {
            "W1": np.random.randn(hidden_1, input_layer) * np.sqrt(1.0 / hidden_1),
            "W2": np.random.randn(hidden_2, hidden_1) * np.sqrt(1.0 / hidden_2),
            "W3": np.random.randn(output_layer, hidden_2) * np.sqrt(1.0 / output_layer),
        }

    def forward_pass(self, x_train):
        params = self.params
        params["A0"] = x_train
        params["Z1"] = np.dot(params["W1"], params["A0"])
        params["A1"] = self.sigmoid(params["Z1"])
        params["Z2"] = np.dot(params["W2"], params["A1"])
        params["A2"] = self.sigmoid(params["Z2"])
        params["Z3"] = np.dot(params["W3"], params["A2"])
        params["A3"] = self.softmax(params["Z3"])
        return params["A3"]

    def cost(self, x_train, y_train):
        return -np.sum(y_train * np.log(self.forward_pass(x_train)))

    def backward_pass(self, y_train, output):
        params = self.params
        change_w = {}
        error = output - y_train
        change_w["W3"] = np.dot(error, params["A3"])
        error = np.multiply(np.dot(params["W3"].T, error), self.sigmoid(params["Z2"], derivative=True))
        change_w["W2"] = np.dot(error, params["A2"])
        error = np.multiply(np.dot(params["W2"].T, error), self.sigmoid(params["Z1"], derivative=True))
        change_w["W1"] = np.dot(error, params["A1"])
        return change_w

    def update_network_parameters(self, changes_to_w):
        for key, value in changes_to_w.items():
            for w_arr in self.params[key]:
                w_arr -= self.l_rate * value

    def train(self, x_train, y_train):
        for iteration in range(self.epochs):
            for x, y in zip(x_train, y_train):
                output = self.forward_pass(x)
                changes_to_w = self.backward_pass(y, output)
                self.update_network_parameters(changes_to_w)
        return np.mean([self.cost(x, y) for x, y in zip(x_train, y_train)])


if __name__ == "__main__":
    np.random.seed(0)
    dnn = DeepNeuralNetwork()
    print(dnn.train(np.random.rand(12, 6), np.eye(3)[np.random.randint(0, 3, 12)]))
