"""Truth: two mistakes. tanh(hidden_states[t], derivative=True) applies tanh once more to what has been through it: it
must be 1 - hidden_states[t]^2. And for t = 0 hidden_states[t - 1] is the LAST state of the list; the initial one
belongs there.
"""
import numpy as np


def tanh(x, derivative=False):
    x_safe = x + 1e-12
    f = (np.exp(x_safe) - np.exp(-x_safe)) / (np.exp(x_safe) + np.exp(-x_safe))
    if derivative:
        return 1 - f**2
    return f


def softmax(x):
    f = np.exp(x - np.max(x))
    return f / np.sum(f)


def forward_pass(inputs, hidden_state, params):
    U, V, W, b_hidden, b_out = params
    outputs, hidden_states = [], []
    for t in range(len(inputs)):
        hidden_state = tanh(np.dot(U, inputs[t]) + np.dot(W, hidden_state) + b_hidden)
        outputs.append(softmax(np.dot(V, hidden_state) + b_out))
        hidden_states.append(hidden_state.copy())
    return outputs, hidden_states


def backward_pass(inputs, outputs, hidden_state, hidden_states, targets, params):
    U, V, W, b_hidden, b_out = params
    d_U, d_V, d_W = np.zeros_like(U), np.zeros_like(V), np.zeros_like(W)
    d_b_hidden, d_b_out = np.zeros_like(b_hidden), np.zeros_like(b_out)
    d_h_next = np.zeros_like(hidden_states[0])
    loss = 0
    for t in reversed(range(len(outputs))):
        loss += -np.sum(np.log(outputs[t]) * targets[t])
        d_o = outputs[t].copy()
        d_o[np.argmax(targets[t])] -= 1
        d_V += np.dot(d_o, hidden_states[t].T)
        d_b_out += d_o
        d_h = np.dot(V.T, d_o) + d_h_next
        d_f = tanh(hidden_states[t], derivative=True) * d_h
        d_b_hidden += d_f
        d_U += np.dot(d_f, inputs[t].T)
        d_W += np.dot(d_f, hidden_states[t - 1].T)
        d_h_next = np.dot(W.T, d_f)
    return loss, (d_U, d_V, d_W, d_b_hidden, d_b_out)
