"""Forms of courses and notebooks: by name the text, what is right in it, a slip in its place, and its line."""

KEEPS_ALL = """
import numpy as np
def forward(X, params, keep_prob=1.0):
    Z = params["W1"] @ X + params["b1"]
    D = np.random.rand(*Z.shape) < keep_prob
    H = np.tanh(Z) * D / keep_prob
    A = 1 / (1 + np.exp(-(params["W2"] @ H)))
    return A, (Z, D, H)
def backward(X, Y, params, A, cache, keep_prob):
    Z, D, H = cache
    m = X.shape[1]
    dA = (A - Y) / m
    dH = params["W2"].T @ dA * D / keep_prob
    dZ = dH * (1 - np.tanh(Z) ** 2)
    return {"dW2": dA @ H.T, "dW1": dZ @ X.T, "db1": dZ.sum(axis=1, keepdims=True)}
def cost(A, Y):
    return -np.mean(np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A), axis=0))
"""
NAMED_AT_THE_CALL = """
import numpy as np
class Softmax:
    def _cost(self, X, T):
        e = np.exp(X @ self.W + self.b)
        return -np.mean(np.sum(T * np.log(e / e.sum(axis=1, keepdims=True)), axis=1)) + 0.05 * np.sum(self.W ** 2)
    def _gradient(self, X, T):
        e = np.exp(X @ self.W + self.b)
        error = (e / e.sum(axis=1, keepdims=True) - T) / len(X)
        return X.T @ error + 0.1 * self.W, error.sum(axis=0)
    def fit(self, X, y):
        T = np.eye(y.max() + 1)[y]
        self.W = np.zeros((X.shape[1], T.shape[1]))
        self.b = np.zeros(T.shape[1])
        for epoch in range(100):
            dW, db = self._gradient(X, T)
            self.W -= 0.1 * dW
            self.b -= 0.1 * db
        return self
if __name__ == "__main__":
    Softmax().fit(np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) % 3)
"""
COST_AND_GRADIENT = """
import numpy as np
def computeCost(X, y, theta):
    m = len(y)
    h = X.dot(theta)
    return 1 / (2 * m) * np.sum((h - y) ** 2)
def computeGradient(X, y, theta):
    m = len(y)
    return 1 / m * X.T.dot(X.dot(theta) - y)
def gradientDescent(X, y, theta, alpha, num_iters):
    history = []
    for i in range(num_iters):
        theta = theta - alpha * computeGradient(X, y, theta)
        history.append(computeCost(X, y, theta))
    return theta, history
"""
SHORT_NAMES = """
import numpy as np
def Softmax(z):
    e = np.exp(z - np.max(z))
    return e / np.sum(e, axis=1, keepdims=True)
def one_hot(y):
    out = np.zeros((y.size, 5))
    out[np.arange(y.size), y] = 1
    return out
def f_propagation(a0, w, b):
    z = a0.dot(w) + b
    a = Softmax(z)
    return z, a
def loss(a, y):
    return -np.mean(np.log(a[np.arange(y.size), y]))
def b_propagation(a0, y, z, a):
    dz = a - one_hot(y)
    return 1 / y.size * a0.T.dot(dz), 1 / y.size * np.sum(dz, axis=0, keepdims=True)
"""

COURSES = {
    "a mask that keeps all by default": (KEEPS_ALL, "D / keep_prob\n    dZ", "D\n    dZ", 13),
    "gradients named where they are asked for": (NAMED_AT_THE_CALL, "X.T @ error +", "-X.T @ error +", 10),
    "a cost and its gradient": (COST_AND_GRADIENT, "X.T.dot(X.dot(theta) - y)", "X.T.dot(X.dot(theta) + y)", 9),
    "f_propagation": (SHORT_NAMES, "a0.T.dot(dz), 1", "a0.T.dot(dz) * 2, 1", 18),
    "shares of the samples": (SHORT_NAMES, "e / np.sum(e, axis=1, keepdims=True)", "e / sum(e)", 5),
}
