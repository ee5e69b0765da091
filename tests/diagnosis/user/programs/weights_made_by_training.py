"""Weights that are made by the method that trains them."""
import numpy as np
class LogisticRegression:
    def __init__(self, lr=0.1, n_iters=1000):
        self.lr, self.n_iters = lr, n_iters
        self.weights = None
        self.bias = None
    def fit(self, X, y):
        n_samples, n_features = X.shape
        self.weights = np.zeros(n_features)
        self.bias = 0
        for _ in range(self.n_iters):
            linear = X @ self.weights + self.bias
            p = 1/(1+np.exp(-linear))
            dw = (1/n_samples)*X.T @ (p - y)
            db = (1/n_samples)*np.sum(p - y)
            self.weights -= self.lr*dw
            self.bias -= self.lr*db
class LinearRegression:
    def __init__(self, learning_rate=0.01, epochs=100):
        self.learning_rate = learning_rate
        self.epochs = epochs
    def fit(self, X, y):
        self.m, self.n = X.shape
        self.W = np.zeros(self.n)
        self.b = 0
        self.X, self.Y = X, y
        for i in range(self.epochs):
            self.update_weights()
        return self
    def update_weights(self):
        Y_pred = self.predict(self.X)
        dW = -(2*(self.X.T).dot(self.Y - Y_pred))/self.m
        db = -2*np.sum(self.Y - Y_pred)/self.m
        self.W = self.W - self.learning_rate*dW
        self.b = self.b - self.learning_rate*db
        return self
    def predict(self, X):
        return X.dot(self.W) + self.b
