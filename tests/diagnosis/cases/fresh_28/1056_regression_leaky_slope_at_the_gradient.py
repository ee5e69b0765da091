"""Truth: the slope of the leaky ReLU is taken at the gradient that arrives, not at Z of the hidden layer. A regression with
one hidden layer: the cost goes down for some seeds, my gradient checking never agrees - are the derivatives mistaken?
"""
import numpy as np


class DNN:
    def __init__(self, n_inputs, n_hidden, seed=1):
        rng = np.random.default_rng(seed)
        self.w_hidden = rng.normal(0, 0.5, (n_hidden, n_inputs))
        self.b_hidden = np.zeros((n_hidden, 1))
        self.w_output = rng.normal(0, 0.5, (1, n_hidden))
        self.b_output = np.zeros((1, 1))
        self.alpha = 0.05

    def leaky_relu(self, z):
        return np.where(z > 0, z, self.alpha * z)

    def d_leaky_relu(self, z):
        return np.where(z > 0, 1.0, self.alpha)

    def forward(self, x):
        self.x = x
        self.z_hidden = self.w_hidden @ x + self.b_hidden
        self.a_hidden = self.leaky_relu(self.z_hidden)
        self.a_output = self.w_output @ self.a_hidden + self.b_output
        return self.a_output

    def cost(self, y):
        m = y.shape[1]
        return np.sum((self.a_output - y) ** 2) / m

    def backward(self, y):
        m = y.shape[1]
        # no activation in the output layer, so dZ is dA there
        dz_output = 2 / m * (self.a_output - y)
        self.dw_output = dz_output @ self.a_hidden.T
        self.db_output = np.sum(dz_output, axis=1, keepdims=True)
        da_hidden = self.w_output.T @ dz_output
        dz_hidden = da_hidden * self.d_leaky_relu(da_hidden)
        self.dw_hidden = dz_hidden @ self.x.T
        self.db_hidden = np.sum(dz_hidden, axis=1, keepdims=True)

    def step(self, lr):
        self.w_output -= lr * self.dw_output
        self.b_output -= lr * self.db_output
        self.w_hidden -= lr * self.dw_hidden
        self.b_hidden -= lr * self.db_hidden


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (2, 40))
    y = (np.sin(2 * x[0]) - x[1] ** 2)[None, :]
    net = DNN(2, 6)
    for epoch in range(200):
        net.forward(x)
        if epoch % 50 == 0:
            print(epoch, net.cost(y))
        net.backward(y)
        net.step(0.05)
