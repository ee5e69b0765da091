"""Truth: right. A cost function translated from Octave: theta unrolled column by column, the penalty leaves out the bias columns."""
import numpy as np


def sigmoid(z):
    g = 1.0 / (1.0 + np.exp(-z))
    return g


def sigmoidGradient(z):
    g = sigmoid(z) * (1 - sigmoid(z))
    return g


def debugInitialize(fan_out, fan_in):
    W = np.sin(np.arange(1, fan_out * (fan_in + 1) + 1)) / 2
    return W.reshape((fan_out, fan_in + 1), order='F')


def nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lam):
    n1 = hidden_layer_size * (input_layer_size + 1)
    Theta1 = nn_params[:n1].reshape((hidden_layer_size, input_layer_size + 1), order='F')
    Theta2 = nn_params[n1:].reshape((num_labels, hidden_layer_size + 1), order='F')
    m = X.shape[0]

    # Part 1: feedforward
    a1 = np.hstack([np.ones((m, 1)), X])
    z2 = a1 @ Theta1.T
    a2 = np.hstack([np.ones((m, 1)), sigmoid(z2)])
    z3 = a2 @ Theta2.T
    h = sigmoid(z3)

    # y holds labels 1..K
    Y = np.eye(num_labels)[y - 1]
    J = -np.sum(Y * np.log(h) + (1 - Y) * np.log(1 - h)) / m
    J = J + lam / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))

    # Part 2: backpropagation
    d3 = h - Y
    d2 = (d3 @ Theta2)[:, 1:] * sigmoidGradient(z2)
    Theta1_grad = d2.T @ a1 / m
    Theta2_grad = d3.T @ a2 / m

    # Part 3: regularization
    Theta1_grad[:, 1:] = Theta1_grad[:, 1:] + lam / m * Theta1[:, 1:]
    Theta2_grad[:, 1:] = Theta2_grad[:, 1:] + lam / m * Theta2[:, 1:]

    grad = np.concatenate([Theta1_grad.ravel(order='F'), Theta2_grad.ravel(order='F')])
    return J, grad


if __name__ == '__main__':
    il, hl, K, m = 3, 5, 3, 8
    T1 = debugInitialize(hl, il)
    T2 = debugInitialize(K, hl)
    X = debugInitialize(m, il - 1)
    y = 1 + np.arange(1, m + 1) % K
    p = np.concatenate([T1.ravel(order='F'), T2.ravel(order='F')])
    for it in range(40):
        J, grad = nnCostFunction(p, il, hl, K, X, y, 1.0)
        p = p - 0.5 * grad
    print('cost', J)
