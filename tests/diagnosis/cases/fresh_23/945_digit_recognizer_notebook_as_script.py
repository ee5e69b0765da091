#!/usr/bin/env python
# coding: utf-8
"""Truth: both bias gradients are one sum over all units instead of a sum over the samples."""

# # Digit recognizer from scratch

# In[1]:
import numpy as np

# In[2]:  fake "digits": 6 pixels, 4 classes
np.random.seed(5)
m = 80
X_train = np.random.rand(6, m)
Y_train = np.argmax(X_train[:4] + 0.1 * np.random.rand(4, m), 0)


# In[3]:
def init_params():
    W1 = np.random.rand(8, 6) - 0.5
    b1 = np.random.rand(8, 1) - 0.5
    W2 = np.random.rand(4, 8) - 0.5
    b2 = np.random.rand(4, 1) - 0.5
    return W1, b1, W2, b2


def ReLU(Z):
    return np.maximum(Z, 0)


def ReLU_deriv(Z):
    return Z > 0


def softmax(Z):
    e = np.exp(Z - Z.max(0))
    return e / e.sum(0)


def one_hot(Y, k=4):
    out = np.zeros((k, Y.size))
    out[Y, np.arange(Y.size)] = 1
    return out


def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = ReLU(Z1)
    Z2 = W2.dot(A1) + b2
    A2 = softmax(Z2)
    return Z1, A1, Z2, A2


def cross_entropy(A2, Y):
    return -np.mean(np.log(A2[Y, np.arange(Y.size)]))


def backward_prop(Z1, A1, Z2, A2, W1, W2, X, Y):
    n = Y.size
    dZ2 = A2 - one_hot(Y)
    dW2 = 1 / n * dZ2.dot(A1.T)
    db2 = 1 / n * np.sum(dZ2)
    dZ1 = W2.T.dot(dZ2) * ReLU_deriv(Z1)
    dW1 = 1 / n * dZ1.dot(X.T)
    db1 = 1 / n * np.sum(dZ1)
    return dW1, db1, dW2, db2


def update_params(W1, b1, W2, b2, dW1, db1, dW2, db2, alpha):
    return W1 - alpha * dW1, b1 - alpha * db1, W2 - alpha * dW2, b2 - alpha * db2


# In[4]:
def gradient_descent(X, Y, alpha, iterations):
    W1, b1, W2, b2 = init_params()
    for i in range(iterations):
        Z1, A1, Z2, A2 = forward_prop(W1, b1, W2, b2, X)
        dW1, db1, dW2, db2 = backward_prop(Z1, A1, Z2, A2, W1, W2, X, Y)
        W1, b1, W2, b2 = update_params(W1, b1, W2, b2, dW1, db1, dW2, db2, alpha)
        if i % 50 == 0:
            print("Iteration:", i, cross_entropy(A2, Y), np.mean(np.argmax(A2, 0) == Y))
    return W1, b1, W2, b2


# In[5]:
W1, b1, W2, b2 = gradient_descent(X_train, Y_train, 0.3, 200)
