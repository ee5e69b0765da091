"""Truth: the gradient of the Kullback-Leibler term is taken off where it must be added. An autoencoder with K classes as
its code, drawn to the uniform distribution: samples are of little diversity. Should the sign not be the other way round?
"""
import numpy as np

np.random.seed(11)


def softmax(v):
    e = np.exp(v - v.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


class CategoricalAutoencoder:
    def __init__(self, n_in, n_hidden, n_classes, beta=0.5):
        self.K = n_classes
        self.beta = beta
        self.We = np.random.randn(n_in, n_hidden) * 0.4
        self.be = np.zeros(n_hidden)
        self.Wq = np.random.randn(n_hidden, n_classes) * 0.4
        self.bq = np.zeros(n_classes)
        self.Wd = np.random.randn(n_classes, n_in) * 0.4
        self.bd = np.zeros(n_in)

    def forward(self, x):
        self.h = np.tanh(x @ self.We + self.be)
        self.q = softmax(self.h @ self.Wq + self.bq)
        self.out = 1 / (1 + np.exp(-(self.q @ self.Wd + self.bd)))
        return self.out

    def loss(self, x):
        out = self.forward(x)
        rec = -np.sum(x * np.log(out) + (1 - x) * np.log(1 - out))
        kl = np.sum(self.q * (np.log(self.q) + np.log(self.K)))
        return (rec + self.beta * kl) / len(x)

    def backward(self, x):
        n = len(x)
        d_out = (self.out - x) / n
        grads = {"Wd": self.q.T @ d_out, "bd": d_out.sum(axis=0)}
        dq = d_out @ self.Wd.T
        dq -= self.beta * (np.log(self.q) + np.log(self.K) + 1) / n
        dlogits = self.q * (dq - (dq * self.q).sum(axis=1, keepdims=True))
        grads["Wq"] = self.h.T @ dlogits
        grads["bq"] = dlogits.sum(axis=0)
        dh = dlogits @ self.Wq.T * (1 - self.h ** 2)
        grads["We"] = x.T @ dh
        grads["be"] = dh.sum(axis=0)
        return grads

    def step(self, x, lr=0.2):
        loss = self.loss(x)
        for name, g in self.backward(x).items():
            setattr(self, name, getattr(self, name) - lr * g)
        return loss


if __name__ == "__main__":
    data = (np.random.rand(50, 8) > 0.6).astype(float)
    model = CategoricalAutoencoder(8, 6, 4)
    for epoch in range(30):
        loss = model.step(data)
        if epoch % 10 == 0:
            print(epoch, round(loss, 4))
