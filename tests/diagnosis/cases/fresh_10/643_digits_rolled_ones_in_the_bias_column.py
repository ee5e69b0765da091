"""Truth: two mistakes of one kind: the bias column of the penalty's gradient must be 0, so that the bias is not punished; ones are put
there instead of zeros, in theta1_ and in theta2_. The parameters come as one vector.
"""
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_gradient(z):
    return sigmoid(z) * (1 - sigmoid(z))


def nn_cost_function(nn_params, input_layer_size, hidden_layer_size, num_labels, features, classes, reg):
    split = hidden_layer_size * (input_layer_size + 1)
    theta1 = nn_params[:split].reshape(hidden_layer_size, input_layer_size + 1)
    theta2 = nn_params[split:].reshape(num_labels, hidden_layer_size + 1)
    m = features.shape[0]
    y_matrix = np.eye(num_labels)[classes]

    a1 = np.c_[np.ones((m, 1)), features]
    z2 = theta1.dot(a1.T)
    a2 = np.c_[np.ones((m, 1)), sigmoid(z2.T)]
    z3 = theta2.dot(a2.T)
    a3 = sigmoid(z3)

    J = -1 / m * np.sum(np.log(a3.T) * y_matrix + np.log(1 - a3).T * (1 - y_matrix)) + reg / (2 * m) * (
        np.sum(np.square(theta1[:, 1:])) + np.sum(np.square(theta2[:, 1:]))
    )

    d3 = a3.T - y_matrix
    d2 = theta2[:, 1:].T.dot(d3.T) * sigmoid_gradient(z2)
    delta1 = d2.dot(a1)
    delta2 = d3.T.dot(a2)
    theta1_ = np.c_[np.ones((theta1.shape[0], 1)), theta1[:, 1:]]
    theta2_ = np.c_[np.ones((theta2.shape[0], 1)), theta2[:, 1:]]
    theta1_grad = delta1 / m + (theta1_ * reg) / m
    theta2_grad = delta2 / m + (theta2_ * reg) / m
    return J, np.r_[theta1_grad.ravel(), theta2_grad.ravel()]


if __name__ == "__main__":
    np.random.seed(2)
    X, y = np.random.randn(6, 4), np.array([0, 2, 1, 1, 0, 2])
    params = np.random.uniform(-0.5, 0.5, 5 * (4 + 1) + 3 * (5 + 1))
    print(nn_cost_function(params, 4, 5, 3, X, y, 1)[0])
