"""Truth: the gradient of h_weight takes hiddens[j], the state that the step made; hiddens[j - 1] belongs there (zeros before the first)."""
import numpy as np


def rnn_forward(x, i_weight, h_weight, h_bias, o_weight, o_bias):
    hiddens = np.zeros((x.shape[0], i_weight.shape[1]))
    outputs = np.zeros((x.shape[0], o_weight.shape[1]))
    prev_hidden = np.zeros(i_weight.shape[1])
    for j in range(x.shape[0]):
        prev_hidden = np.tanh(x[j] @ i_weight + prev_hidden @ h_weight + h_bias)
        hiddens[j] = prev_hidden
        outputs[j] = prev_hidden @ o_weight + o_bias
    return hiddens, outputs


def rnn_backward(x, y, i_weight, h_weight, h_bias, o_weight, o_bias):
    hiddens, outputs = rnn_forward(x, i_weight, h_weight, h_bias, o_weight, o_bias)
    loss = np.mean((outputs - y) ** 2)
    grad = 2 * (outputs - y) / y.size
    o_weight_grad, o_bias_grad = hiddens.T @ grad, grad.sum(axis=0)
    i_weight_grad, h_weight_grad, h_bias_grad = np.zeros_like(i_weight), np.zeros_like(h_weight), np.zeros_like(h_bias)
    next_h_grad = np.zeros(h_weight.shape[0])
    for j in range(x.shape[0] - 1, -1, -1):
        h_grad = grad[j] @ o_weight.T + next_h_grad
        h_grad = h_grad * (1 - hiddens[j] ** 2)
        next_h_grad = h_grad @ h_weight.T
        if j > 0:
            h_weight_grad += np.outer(hiddens[j], h_grad)
        i_weight_grad += np.outer(x[j], h_grad)
        h_bias_grad += h_grad
    return loss, i_weight_grad, h_weight_grad, h_bias_grad, o_weight_grad, o_bias_grad
