"""Truth: RMSProp averages the squares of the weights instead of those of the gradients, and the decay of AdamW is subtracted from the
step, so that it makes the weights grow. Optimizers that are given layers with dicts of weights and gradients; AdaGrad is right.
"""
import numpy as np


class Layer:
    def __init__(self, **weights):
        self.weights = {k: np.array(v, dtype=float) for k, v in weights.items()}
        self.gradients = {k: np.zeros_like(v) for k, v in self.weights.items()}


class AdaGrad:
    def __init__(self, layers, lr=1e-2, epsilon=1e-6):
        self.lr, self.epsilon = lr, epsilon
        self.s = [{k: np.zeros_like(v) for k, v in layer.weights.items()} for layer in layers]

    def iterate(self, layers):
        for s, layer in zip(self.s, layers):
            for key in layer.weights.keys():
                s[key] += np.square(layer.gradients[key])
                layer.weights[key] -= self.lr * layer.gradients[key] / np.sqrt(s[key] + self.epsilon)


class RMSProp:
    def __init__(self, layers, gamma=0.9, lr=1e-3, epsilon=1e-6):
        self.gamma, self.lr, self.epsilon = gamma, lr, epsilon
        self.s = [{k: np.zeros_like(v) for k, v in layer.weights.items()} for layer in layers]

    def iterate(self, layers):
        for s, layer in zip(self.s, layers):
            for key in layer.weights.keys():
                s[key] = self.gamma * s[key] + (1 - self.gamma) * np.square(layer.weights[key])
                layer.weights[key] -= self.lr * layer.gradients[key] / np.sqrt(s[key] + self.epsilon)


class AdamW:
    def __init__(self, layers, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.1):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.weight_decay = weight_decay
        self.t = 0
        self.m = [{k: np.zeros_like(v) for k, v in layer.weights.items()} for layer in layers]
        self.v = [{k: np.zeros_like(v) for k, v in layer.weights.items()} for layer in layers]

    def iterate(self, layers):
        self.t += 1
        for m, v, layer in zip(self.m, self.v, layers):
            for key, w in layer.weights.items():
                g = layer.gradients[key]
                m[key] = self.beta1 * m[key] + (1 - self.beta1) * g
                v[key] = self.beta2 * v[key] + (1 - self.beta2) * g**2
                m_hat = m[key] / (1 - self.beta1**self.t)
                v_hat = v[key] / (1 - self.beta2**self.t)
                w -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps) - self.lr * self.weight_decay * w


def main():
    target = {"W": np.array([[1.0, -2.0], [0.5, 3.0]]), "b": np.array([0.1, -0.1])}
    for make in (AdaGrad, RMSProp, AdamW):
        layers = [Layer(W=np.ones((2, 2)), b=np.ones(2))]
        optimizer = make(layers, lr=0.05)
        for _ in range(300):
            for key in target:
                layers[0].gradients[key] = layers[0].weights[key] - target[key]
            optimizer.iterate(layers)
        print(make.__name__, {k: v.round(3).tolist() for k, v in layers[0].weights.items()})


if __name__ == "__main__":
    main()
