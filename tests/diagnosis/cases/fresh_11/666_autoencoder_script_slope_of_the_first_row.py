"""Truth: gGradient puts the slopes of the FIRST row of x on a diagonal, and every row is multiplied by it: right for one example only.
Each row needs its own: g(x) * (1 - g(x)), element by element. A script; the data carry a column of ones for the bias; linear output.
"""
import numpy as np


def g(x):  # sigmoid activation function
    return 1 / (1 + np.exp(-x))


def gGradient(x):  # gradient of sigmoid
    rows, cols = x.shape
    grad = np.zeros((cols, cols))
    for i in range(0, cols):
        grad[i, i] = g(x[0, i]) * (1 - g(x[0, i]))
    return grad


def cost(x, xhat):  # mean squared error between the data and the output of the machine
    return ((x - xhat) ** 2).sum() / (2 * m)


np.random.seed(0)
m, n = 4, 2
trX = np.ones((m, n + 1))
trX[:, :n] = np.random.rand(m, n)  # add the bias, column of ones
n = n + 1

k = 2  # number of neurons in the hidden layer
numIter = 200
learnRate = 0.1
x = trX
w1 = np.random.rand(n, k)  # weights from input layer to hidden layer
w2 = np.random.rand(k, n)  # weights from hidden layer to output layer
w3 = np.random.rand(n, n)  # weights from output layer to linear operator

costArray = np.zeros(numIter)
for i in range(0, numIter):
    # Feed-Forward
    z1 = np.dot(x, w1)
    h1 = g(z1)
    z2 = np.dot(h1, w2)
    h2 = g(z2)
    xhat = np.dot(h2, w3)
    costArray[i] = cost(x, xhat)

    # Gradients
    delta3 = (xhat - x) / m
    w3Grad = np.dot(h2.T, delta3)
    delta2 = np.dot(np.dot(delta3, w3.T), gGradient(z2))
    w2Grad = np.dot(h1.T, delta2)
    delta1 = np.dot(np.dot(delta2, w2.T), gGradient(z1))
    w1Grad = np.dot(x.T, delta1)

    w3 = w3 - learnRate * w3Grad
    w2 = w2 - learnRate * w2Grad
    w1 = w1 - learnRate * w1Grad

print(costArray[-1])
