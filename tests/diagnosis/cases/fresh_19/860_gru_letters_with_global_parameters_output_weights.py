"""Truth: the state that the output reads. A GRU for letters, functions with global parameters, columns, dicts by time."""
import numpy as np

text = "to be or not to be that is the question"
chars = sorted(set(text))
char_to_idx = {ch: i for i, ch in enumerate(chars)}
vocabulary_size = len(chars)
hidden_units = 12
learning_rate = 0.05

np.random.seed(7)
parameters = {}
biases = {}
for gate in ['r', 'u', 'C']:
    parameters['W_' + gate] = np.random.randn(hidden_units, vocabulary_size) * 0.3
    parameters['U_' + gate] = np.random.randn(hidden_units, hidden_units) * 0.3
    biases['b_' + gate] = np.zeros((hidden_units, 1))
parameters['W_y'] = np.random.randn(vocabulary_size, hidden_units) * 0.3
biases['b_y'] = np.zeros((vocabulary_size, 1))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - np.max(z))
    return e / np.sum(e)


def gru_forward(x, y, h_prev):
    inputs, h, h_bar, reset, update, prob = {}, {}, {}, {}, {}, {}
    h[-1] = np.copy(h_prev)
    loss = 0
    for t in range(len(x)):
        inputs[t] = np.zeros((vocabulary_size, 1))
        inputs[t][x[t]] = 1
        reset[t] = sigmoid(parameters['W_r'].dot(inputs[t]) + parameters['U_r'].dot(h[t-1]) + biases['b_r'])
        update[t] = sigmoid(parameters['W_u'].dot(inputs[t]) + parameters['U_u'].dot(h[t-1]) + biases['b_u'])
        h_bar[t] = np.tanh(parameters['W_C'].dot(inputs[t]) + parameters['U_C'].dot(reset[t] * h[t-1]) + biases['b_C'])
        h[t] = update[t] * h[t-1] + (1 - update[t]) * h_bar[t]
        prob[t] = softmax(parameters['W_y'].dot(h[t]) + biases['b_y'])
        loss += -np.log(prob[t][y[t], 0])
    cache = (inputs, h, h_bar, reset, update, prob)
    return loss, cache


def gru_backward(y, cache):
    inputs, h, h_bar, reset, update, prob = cache
    grads = {}
    d_biases = {}
    for name in parameters:
        grads['d_' + name] = np.zeros_like(parameters[name])
    for name in biases:
        d_biases['d_' + name] = np.zeros_like(biases[name])
    dh_next = np.zeros_like(h[0])

    for t in range(len(inputs) - 1, -1, -1):
        d_y = np.copy(prob[t])
        d_y[y[t]] -= 1
        grads['d_W_y'] += d_y.dot(h[t-1].T)
        d_biases['d_b_y'] += d_y

        dh = parameters['W_y'].T.dot(d_y) + dh_next
        d_h_bar = dh * (1 - update[t]) * (1 - h_bar[t] ** 2)
        grads['d_W_C'] += d_h_bar.dot(inputs[t].T)
        grads['d_U_C'] += d_h_bar.dot((reset[t] * h[t-1]).T)
        d_biases['d_b_C'] += d_h_bar
        d_rh = parameters['U_C'].T.dot(d_h_bar)

        d_reset = d_rh * h[t-1] * reset[t] * (1 - reset[t])
        grads['d_W_r'] += d_reset.dot(inputs[t].T)
        grads['d_U_r'] += d_reset.dot(h[t-1].T)
        d_biases['d_b_r'] += d_reset

        d_update = dh * (h[t-1] - h_bar[t]) * update[t] * (1 - update[t])
        grads['d_W_u'] += d_update.dot(inputs[t].T)
        grads['d_U_u'] += d_update.dot(h[t-1].T)
        d_biases['d_b_u'] += d_update

        dh_next = dh * update[t] + d_rh * reset[t]
        dh_next += parameters['U_r'].T.dot(d_reset) + parameters['U_u'].T.dot(d_update)

    return grads, d_biases


if __name__ == '__main__':
    seq_length = 8
    p, h_prev = 0, np.zeros((hidden_units, 1))
    for iteration in range(200):
        if p + seq_length + 1 >= len(text):
            p, h_prev = 0, np.zeros((hidden_units, 1))
        x = [char_to_idx[ch] for ch in text[p:p + seq_length]]
        y = [char_to_idx[ch] for ch in text[p + 1:p + seq_length + 1]]
        loss, cache = gru_forward(x, y, h_prev)
        grads, d_biases = gru_backward(y, cache)
        h_prev = cache[1][len(x) - 1]
        for name in parameters:
            parameters[name] -= learning_rate * np.clip(grads['d_' + name], -5, 5)
        for name in biases:
            biases[name] -= learning_rate * np.clip(d_biases['d_' + name], -5, 5)
        p += seq_length
        if iteration % 50 == 0:
            print(iteration, loss)
