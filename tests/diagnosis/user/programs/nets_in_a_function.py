"""Networks in one function, in the forms in which they are published. All are right."""
# ruff: noqa (code as people write it)

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax_rows(s):
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def loss_and_grads_separate(X, Y, W1, b1, W2, b2):
    h = np.maximum(0, X @ W1 + b1)
    p = softmax_rows(h @ W2 + b2)
    n = X.shape[0]
    loss = -np.log(p[np.arange(n), Y]).mean()
    d = p.copy()
    d[np.arange(n), Y] -= 1
    d /= n
    dh = d @ W2.T * (h > 0)
    return loss, X.T @ dh, dh.sum(axis=0), h.T @ d, d.sum(axis=0)


def softmax_loss_vectorized(W, X, y, reg):
    n = len(X)
    p = softmax_rows(X.dot(W))
    loss = -np.log(p[range(n), y]).sum() / n + reg * np.sum(W * W)
    p[range(n), y] -= 1
    dW = X.T.dot(p) / n + 2 * reg * W
    return loss, dW


def svm_loss_naive(W, X, y, reg):
    dW = np.zeros(W.shape)
    loss = 0.0
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            if j == y[i]:
                continue
            margin = scores[j] - scores[y[i]] + 1
            if margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    return loss / len(X) + reg * np.sum(W * W), dW / len(X) + 2 * reg * W


def nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda_):
    cut = hidden_layer_size * (input_layer_size + 1)
    Theta1 = nn_params[:cut].reshape(hidden_layer_size, input_layer_size + 1)
    Theta2 = nn_params[cut:].reshape(num_labels, hidden_layer_size + 1)
    m = X.shape[0]
    a1 = np.hstack([np.ones((m, 1)), X])
    a2 = np.hstack([np.ones((m, 1)), sigmoid(a1 @ Theta1.T)])
    h = sigmoid(a2 @ Theta2.T)
    Y = np.eye(num_labels)[y]
    J = -np.sum(Y * np.log(h) + (1 - Y) * np.log(1 - h)) / m
    J += lambda_ / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))
    d3 = h - Y
    d2 = (d3 @ Theta2)[:, 1:] * a2[:, 1:] * (1 - a2[:, 1:])
    g1, g2 = d2.T @ a1 / m, d3.T @ a2 / m
    g1[:, 1:] += lambda_ / m * Theta1[:, 1:]
    g2[:, 1:] += lambda_ / m * Theta2[:, 1:]
    return J, np.concatenate([g1.ravel(), g2.ravel()])


def gradients_of_dict(params, x, t):
    W1, W2 = params["W1"], params["W2"]
    b1, b2 = params["b1"], params["b2"]
    z1 = sigmoid(np.dot(x, W1) + b1)
    y = softmax_rows(np.dot(z1, W2) + b2)
    grads = {}
    dy = (y - t) / x.shape[0]
    grads["W2"] = np.dot(z1.T, dy)
    grads["b2"] = np.sum(dy, axis=0)
    dz1 = z1 * (1 - z1) * np.dot(dy, W2.T)
    grads["W1"] = np.dot(x.T, dz1)
    grads["b1"] = np.sum(dz1, axis=0)
    loss = -np.sum(t * np.log(y)) / x.shape[0]
    return {"loss": loss, "grads": grads}


def backprop_lists(weights, biases, x, y):
    """Columns; a list of kernels and one of biases."""
    a = [x]
    for w, b in zip(weights, biases):
        a.append(sigmoid(w @ a[-1] + b))
    m = x.shape[1]
    cost = 0.5 * np.sum((a[-1] - y) ** 2) / m
    delta = (a[-1] - y) * a[-1] * (1 - a[-1]) / m
    nabla_w, nabla_b = [None] * len(weights), [None] * len(biases)
    for l in range(len(weights) - 1, -1, -1):
        nabla_w[l] = delta @ a[l].T
        nabla_b[l] = delta.sum(axis=1, keepdims=True)
        if l:
            delta = weights[l].T @ delta * a[l] * (1 - a[l])
    return cost, nabla_w, nabla_b


def linear_regression_grad(w, b, X, y):
    error = X @ w + b - y
    dw = 2 * X.T @ error / len(X)
    db = 2 * error.mean()
    cost = np.mean(error**2)
    return cost, dw, db


def train_step(X, y, W1, b1, W2, b2, lr):
    """Updates in place; the loss is returned."""
    a = np.tanh(X @ W1 + b1)
    out = a @ W2 + b2
    loss = np.mean((out - y) ** 2)
    d = 2 * (out - y) / out.size
    da = d @ W2.T * (1 - a**2)
    W2 -= lr * a.T @ d
    b2 -= lr * d.sum(axis=0)
    W1 -= lr * X.T @ da
    b1 -= lr * da.sum(axis=0)
    return loss
