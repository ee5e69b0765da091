import numpy as np

class Net:
    """columns, data set by a method"""
    def __init__(self, n_in=2, n_hidden=3):
        r = np.random.RandomState(0)
        self.params = {"W1": r.randn(n_hidden, n_in), "b1": np.zeros((n_hidden, 1)), "W2": r.randn(1, n_hidden), "b2": np.zeros((1, 1))}

    def set_data(self, X, Y):
        self.X, self.Y = X, Y

    def forward(self):
        p = self.params
        self.Z1 = p["W1"] @ self.X + p["b1"]
        self.A1 = np.maximum(self.Z1, 0)
        self.A2 = 1 / (1 + np.exp(-(p["W2"] @ self.A1 + p["b2"])))
        return self.A2

    def cost(self):
        return -np.mean(self.Y * np.log(self.A2) + (1 - self.Y) * np.log(1 - self.A2))

    def backward(self):
        m = self.X.shape[1]
        dZ2 = self.A2 - self.Y
        self.grads = {"W2": dZ2 @ self.A1.T / m, "b2": dZ2.sum(axis=1, keepdims=True) / m}
        dZ1 = (self.params["W2"].T @ dZ2) * (self.Z1 > 0)  # not: dZ1 = (self.params["W2"].T @ dZ2) * (self.A2 > 0)
        self.grads["W1"] = dZ1 @ self.X.T / m
        self.grads["b1"] = dZ1.sum(axis=1, keepdims=True) / m

    def step(self, lr=0.1):
        for k in self.params:
            self.params[k] -= lr * self.grads[k]

if __name__ == "__main__":
    net = Net()
    X = np.random.RandomState(1).randn(2, 40)
    net.set_data(X, (X[:1] * X[1:] > 0) * 1.0)
    for i in range(100):
        net.forward()
        print(net.cost())
        net.backward()
        net.step()
