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
GIVEN_ITS_GRADIENT = """
import numpy as np
def compute_cost(X, y, w, b):
    m = X.shape[0]
    return np.sum((X @ w + b - y) ** 2) / (2 * m)
def compute_gradient(X, y, w, b):
    m = X.shape[0]
    err = X @ w + b - y
    return np.sum(err) / m, X.T @ err / m
def gradient_descent(X, y, w_in, b_in, cost_function, gradient_function, alpha, num_iters):
    w = w_in + 0.0
    b = b_in
    J_history = []
    for i in range(num_iters):
        dj_db, dj_dw = gradient_function(X, y, w, b)
        w = w - alpha * dj_dw
        b = b - alpha * dj_db
        J_history.append(cost_function(X, y, w, b))
    return w, b, J_history
"""
NUMBERS = """
import numpy as np
x = np.linspace(-3, 3, 200)
y = np.sin(x)
a, b, c = np.random.randn(), np.random.randn(), np.random.randn()
for t in range(100):
    y_pred = a + b * x + c * x ** 2
    loss = np.square(y_pred - y).sum()
    if t % 10 == 9:
        print(t, loss)
    grad_y_pred = 2.0 * (y_pred - y)
    grad_a = grad_y_pred.sum()
    grad_b = (grad_y_pred * x).sum()
    grad_c = (grad_y_pred * x ** 2).sum()
    a -= 1e-4 * grad_a
    b -= 1e-4 * grad_b
    c -= 1e-4 * grad_c
"""
ADAM_OVER_A_LIST = """
import numpy as np
np.random.seed(0)
X = np.random.randn(2, 200)
Y = (X[0:1] * X[1:2] > 0).astype(float)
W1 = np.random.randn(4, 2) * 0.5; b1 = np.zeros((4, 1))
W2 = np.random.randn(1, 4) * 0.5; b2 = np.zeros((1, 1))
params = [W1, b1, W2, b2]
ms = [np.zeros_like(p) for p in params]
vs = [np.zeros_like(p) for p in params]
beta1, beta2, eps, lr = 0.9, 0.999, 1e-8, 0.01
for t in range(1, 101):
    W1, b1, W2, b2 = params
    Z1 = W1 @ X + b1
    A1 = np.tanh(Z1)
    Z2 = W2 @ A1 + b2
    A2 = 1 / (1 + np.exp(-Z2))
    cost = -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))
    m = X.shape[1]
    dZ2 = A2 - Y
    dW2 = dZ2 @ A1.T / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = W2.T @ dZ2 * (1 - A1 ** 2)
    dW1 = dZ1 @ X.T / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m
    grads = [dW1, db1, dW2, db2]
    for i in range(4):
        ms[i] = beta1 * ms[i] + (1 - beta1) * grads[i]
        vs[i] = beta2 * vs[i] + (1 - beta2) * grads[i] ** 2
        mh = ms[i] / (1 - beta1 ** t)
        vh = vs[i] / (1 - beta2 ** t)
        params[i] = params[i] - lr * mh / (np.sqrt(vh) + eps)
    if t % 20 == 0:
        print(t, cost)
"""

COURSES = {
    "a descent that is given its gradient": (GIVEN_ITS_GRADIENT, "np.sum(err) / m, X", "np.sum(err), X", 9),
    "numbers for weights": (NUMBERS, "x ** 2).sum()\n    a", "x).sum()\n    a", 14),
    "a mask that keeps all by default": (KEEPS_ALL, "D / keep_prob\n    dZ", "D\n    dZ", 13),
    "gradients named where they are asked for": (NAMED_AT_THE_CALL, "X.T @ error +", "-X.T @ error +", 10),
    "a cost and its gradient": (COST_AND_GRADIENT, "X.T.dot(X.dot(theta) - y)", "X.T.dot(X.dot(theta) + y)", 9),
    "f_propagation": (SHORT_NAMES, "a0.T.dot(dz), 1", "a0.T.dot(dz) * 2, 1", 18),
    "shares of the samples": (SHORT_NAMES, "e / np.sum(e, axis=1, keepdims=True)", "e / sum(e)", 5),
}
