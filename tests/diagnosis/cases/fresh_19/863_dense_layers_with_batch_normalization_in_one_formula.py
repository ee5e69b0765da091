"""Truth: a factor of one term of batch normalization. Layers with forward, backward, params and grads, and a small classifier of them."""
import numpy as np


class Layer:
    def __init__(self):
        self.params = {}
        self.grads = {}

    def forward(self, x, training=True):
        raise NotImplementedError

    def backward(self, grad):
        raise NotImplementedError


class Dense(Layer):
    def __init__(self, n_in, n_out, rng):
        super().__init__()
        self.params["W"] = rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out))
        self.params["b"] = np.zeros(n_out)

    def forward(self, x, training=True):
        self.x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, grad):
        self.grads["W"] = self.x.T @ grad
        self.grads["b"] = grad.sum(axis=0)
        return grad @ self.params["W"].T


class ReLU(Layer):
    def forward(self, x, training=True):
        self.x = x
        return np.maximum(x, 0)

    def backward(self, grad):
        return grad * (self.x > 0)


class BatchNorm(Layer):
    def __init__(self, dim, momentum=0.9, eps=1e-5):
        super().__init__()
        self.params["gamma"] = np.ones(dim)
        self.params["beta"] = np.zeros(dim)
        self.momentum, self.eps = momentum, eps
        self.running_mean = np.zeros(dim)
        self.running_var = np.ones(dim)

    def forward(self, x, training=True):
        if training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        else:
            mean, var = self.running_mean, self.running_var
        self.std_inv = 1 / np.sqrt(var + self.eps)
        self.x_hat = (x - mean) * self.std_inv
        return self.params["gamma"] * self.x_hat + self.params["beta"]

    def backward(self, grad):
        n = grad.shape[0]
        self.grads["gamma"] = np.sum(grad * self.x_hat, axis=0)
        self.grads["beta"] = np.sum(grad, axis=0)
        dx_hat = grad * self.params["gamma"]
        return self.std_inv / n * (n * dx_hat - dx_hat.sum(axis=0) - self.x_hat * np.sum(grad * self.x_hat, axis=0))


class SoftmaxCrossEntropy:
    def forward(self, logits, labels):
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        self.probs, self.labels = np.exp(log_probs), labels
        return -log_probs[np.arange(len(labels)), labels].mean()

    def backward(self):
        grad = self.probs.copy()
        grad[np.arange(len(self.labels)), self.labels] -= 1
        return grad / len(self.labels)


class Sequential:
    def __init__(self, *layers):
        self.layers = layers

    def forward(self, x, training=True):
        for layer in self.layers:
            x = layer.forward(x, training)
        return x

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)

    def step(self, lr):
        for layer in self.layers:
            for name, value in layer.params.items():
                value -= lr * layer.grads[name]


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 4)) * [1, 5, 0.2, 3]
    y = ((x[:, 0] > 0).astype(int) + (x[:, 1] > 1)).astype(int)
    model = Sequential(Dense(4, 16, rng), BatchNorm(16), ReLU(), Dense(16, 3, rng))
    criterion = SoftmaxCrossEntropy()
    for epoch in range(20):
        order = rng.permutation(len(x))
        for start in range(0, len(x), 30):
            rows = order[start:start + 30]
            loss = criterion.forward(model.forward(x[rows]), y[rows])
            model.backward(criterion.backward())
            model.step(0.1)
        if epoch % 5 == 0:
            print(epoch, round(float(loss), 4))
    print("accuracy", (model.forward(x, training=False).argmax(axis=1) == y).mean())
