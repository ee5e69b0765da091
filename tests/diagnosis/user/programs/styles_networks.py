"""Networks in further styles: data held by the object, list of dicts, helpers, a script below. All are right."""
# ruff: noqa (code as people write it)

import numpy as np


def logistic(t):
    return 1.0 / (1.0 + np.exp(-t))


def logistic_slope(s):
    return s * (1.0 - s)


class HoldsItsData:
    """The constructor is given data and labels; the two methods take nothing."""

    def __init__(self, x, y):
        self.input = x
        self.weights1 = np.random.rand(self.input.shape[1], 4)
        self.weights2 = np.random.rand(4, 1)
        self.y = y
        self.output = np.zeros(self.y.shape)

    def feedforward(self):
        self.layer1 = logistic(np.dot(self.input, self.weights1))
        self.output = logistic(np.dot(self.layer1, self.weights2))

    def backprop(self):
        error = 2 * (self.y - self.output) * logistic_slope(self.output)
        d_weights2 = np.dot(self.layer1.T, error)
        d_weights1 = np.dot(self.input.T, np.dot(error, self.weights2.T) * logistic_slope(self.layer1))
        self.weights1 += d_weights1
        self.weights2 += d_weights2


class ListOfDicts:
    """A dict for each layer, gradients beside the weights in it, columns, the cost a method of its own."""

    def __init__(self, sizes=(4, 6, 3)):
        rng = np.random.default_rng(5)
        self.layers = []
        for n_in, n_out in zip(sizes[:-1], sizes[1:]):
            self.layers.append({"W": rng.normal(size=(n_out, n_in)), "b": np.zeros((n_out, 1))})

    def forward(self, X):
        A = X
        for layer in self.layers:
            layer["A_in"] = A
            A = logistic(layer["W"] @ A + layer["b"])
            layer["A_out"] = A
        return A

    def cost(self, AL, Y):
        m = Y.shape[1]
        return -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m

    def backward(self, AL, Y):
        m = Y.shape[1]
        dZ = (AL - Y) / m
        for layer in reversed(self.layers):
            layer["dW"] = dZ @ layer["A_in"].T
            layer["db"] = dZ.sum(axis=1, keepdims=True)
            dA = layer["W"].T @ dZ
            dZ = dA * layer["A_in"] * (1 - layer["A_in"])


class Parameter:
    def __init__(self, value):
        self.value, self.grad = value, np.zeros_like(value)


class WithParameterObjects:
    """Parameters with value and gradient, accumulated; a penalty; loss and gradients in one method."""

    def __init__(self, n_in, n_hidden, n_out, strength=0.05):
        self.first = Parameter(np.random.randn(n_in, n_hidden) * 0.5)
        self.second = Parameter(np.random.randn(n_hidden, n_out) * 0.5)
        self.strength = strength

    def parameters(self):
        return [self.first, self.second]

    def zero_grad(self):
        for p in self.parameters():
            p.grad = np.zeros_like(p.value)

    def loss_and_backward(self, X, y):
        hidden = np.maximum(X @ self.first.value, 0.0)
        error = hidden @ self.second.value - y
        loss = 0.5 * np.mean(np.sum(error**2, axis=1))
        for p in self.parameters():
            loss += 0.5 * self.strength * np.sum(p.value**2)
        error = error / len(X)
        self.second.grad += hidden.T @ error + self.strength * self.second.value
        back = error @ self.second.value.T
        back[hidden <= 0] = 0
        self.first.grad += X.T @ back + self.strength * self.first.value
        return loss


def propagate(w, b, X, Y):
    m = X.shape[1]
    A = logistic(np.dot(w.T, X) + b)
    cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    dw = 1 / m * np.dot(X, (A - Y).T)
    db = 1 / m * np.sum(A - Y)
    grads = {"dw": dw, "db": db}
    return grads, float(cost)


architecture = [
    {"input_dim": 3, "output_dim": 4, "activation": "tanh"},
    {"input_dim": 4, "output_dim": 1, "activation": "logistic"},
]


def full_forward_propagation(X, params_values, architecture):
    memory, A = {}, X
    for idx, layer in enumerate(architecture):
        memory["A" + str(idx)] = A
        Z = np.dot(params_values["W" + str(idx + 1)], A) + params_values["b" + str(idx + 1)]
        A = np.tanh(Z) if layer["activation"] == "tanh" else logistic(Z)
        memory["Z" + str(idx + 1)] = Z
    return A, memory


def get_cost_value(Y_hat, Y):
    m = Y_hat.shape[1]
    cost = -1 / m * (np.dot(Y, np.log(Y_hat).T) + np.dot(1 - Y, np.log(1 - Y_hat).T))
    return np.squeeze(cost)


def full_backward_propagation(Y_hat, Y, memory, params_values, architecture):
    grads_values = {}
    m = Y.shape[1]
    dA = -(np.divide(Y, Y_hat) - np.divide(1 - Y, 1 - Y_hat))
    for idx in reversed(range(len(architecture))):
        A_prev, Z = memory["A" + str(idx)], memory["Z" + str(idx + 1)]
        if architecture[idx]["activation"] == "tanh":
            dZ = dA * (1 - np.tanh(Z) ** 2)
        else:
            dZ = dA * logistic_slope(logistic(Z))
        grads_values["dW" + str(idx + 1)] = np.dot(dZ, A_prev.T) / m
        grads_values["db" + str(idx + 1)] = np.sum(dZ, axis=1, keepdims=True) / m
        dA = np.dot(params_values["W" + str(idx + 1)].T, dZ)
    return grads_values


class OnlineMLP:
    """One sample at a time in `learn`; states kept in lists; rate and momentum in the object."""

    def __init__(self, n_in=3, n_hid=4, n_out=2, eta=0.2):
        self.w_in = np.random.randn(n_in, n_hid)
        self.w_out = np.random.randn(n_hid, n_out)
        self.eta = eta

    def predict(self, pattern):
        self.hid = np.tanh(np.dot(pattern, self.w_in))
        return np.tanh(np.dot(self.hid, self.w_out))

    def learn(self, pattern, target):
        out = self.predict(pattern)
        delta_out = (target - out) * (1 - out**2)
        delta_hid = np.dot(self.w_out, delta_out) * (1 - self.hid**2)
        self.w_out += self.eta * np.outer(self.hid, delta_out)
        self.w_in += self.eta * np.outer(pattern, delta_hid)


data = np.random.randn(20, 3)
targets = (data.sum(axis=1, keepdims=True) > 0).astype(float)
net = HoldsItsData(data, targets)
for epoch in range(3):
    net.feedforward()
    net.backprop()
print("done", net.output[:2])
