"""Truth: a share of the penalty. Logistic regression as functions after a course, cost and gradient with a penalty that spares the first weight."""
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def map_features(x1, x2, degree=3):
    columns = [np.ones_like(x1)]
    for i in range(1, degree + 1):
        for j in range(i + 1):
            columns.append(x1 ** (i - j) * x2 ** j)
    return np.stack(columns, axis=1)


def cost_function(theta, X, y, lmbda):
    m = len(y)
    h = sigmoid(X.dot(theta))
    J = -(1 / m) * (y.dot(np.log(h)) + (1 - y).dot(np.log(1 - h)))
    return J + lmbda / (2 * m) * np.sum(theta[1:] ** 2)


def gradient(theta, X, y, lmbda):
    m = len(y)
    h = sigmoid(X.dot(theta))
    grad = (1 / m) * X.T.dot(h - y)
    grad[1:] = grad[1:] + lmbda * theta[1:]
    return grad


def gradient_descent(theta, X, y, lmbda, alpha, iterations):
    history = []
    for i in range(iterations):
        theta = theta - alpha * gradient(theta, X, y, lmbda)
        history.append(cost_function(theta, X, y, lmbda))
        if i % 200 == 0:
            print("iteration", i, "J =", history[-1])
    return theta, history


def predict(theta, X):
    return (sigmoid(X.dot(theta)) >= 0.5).astype(int)


if __name__ == "__main__":
    np.random.seed(6)
    x1, x2 = np.random.uniform(-1, 1, (2, 118))
    y = ((x1 ** 2 + x2 ** 2) < 0.5).astype(int)
    X = map_features(x1, x2)
    theta, history = gradient_descent(np.zeros(X.shape[1]), X, y, 1.0, 0.5, 801)
    print("accuracy", np.mean(predict(theta, X) == y) * 100)
