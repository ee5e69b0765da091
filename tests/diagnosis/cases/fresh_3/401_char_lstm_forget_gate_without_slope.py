"""Truth: the forget gate's gradient is multiplied by sigmoid(f) (the flag derivative=True is forgotten), where
f (1 - f) belongs; the other three gates do it right. Columns, one character a step, lists of states.
"""
import numpy as np


def sigmoid(x, derivative=False):
    f = 1 / (1 + np.exp(-x))
    return x * (1 - x) if derivative else f


def tanh(x, derivative=False):
    return 1 - x**2 if derivative else np.tanh(x)


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def forward(inputs, h_prev, C_prev, p):
    W_f, W_i, W_g, W_o, W_v, b_f, b_i, b_g, b_o, b_v = p
    z_s, f_s, i_s, g_s, C_s, o_s, h_s, v_s, output_s = [], [], [], [], [], [], [], [], []
    h_s.append(h_prev)
    C_s.append(C_prev)
    for x in inputs:
        z = np.vstack((h_prev, x))
        z_s.append(z)
        f = sigmoid(np.dot(W_f, z) + b_f)
        f_s.append(f)
        i = sigmoid(np.dot(W_i, z) + b_i)
        i_s.append(i)
        g = tanh(np.dot(W_g, z) + b_g)
        g_s.append(g)
        C_prev = f * C_prev + i * g
        C_s.append(C_prev)
        o = sigmoid(np.dot(W_o, z) + b_o)
        o_s.append(o)
        h_prev = o * tanh(C_prev)
        h_s.append(h_prev)
        v = np.dot(W_v, h_prev) + b_v
        v_s.append(v)
        output_s.append(softmax(v))
    return z_s, f_s, i_s, g_s, C_s, o_s, h_s, v_s, output_s


def lstm_loss(inputs, targets, h_prev, C_prev, p):
    """inputs, targets: lists of column vectors, one hot. Returns the loss and the gradients in the order of p."""
    W_f, W_i, W_g, W_o, W_v, b_f, b_i, b_g, b_o, b_v = p
    z, f, i, g, C, o, h, v, outputs = forward(inputs, h_prev, C_prev, p)
    hidden_size = h_prev.shape[0]
    d = [np.zeros_like(w) for w in p]
    dh_next, dC_next = np.zeros_like(h[0]), np.zeros_like(C[0])
    loss = 0
    for t in reversed(range(len(outputs))):
        loss += -np.sum(np.log(outputs[t]) * targets[t])
        dv = outputs[t] - targets[t]
        d[4] += np.dot(dv, h[t + 1].T)
        d[9] += dv
        dh = np.dot(W_v.T, dv) + dh_next
        do = dh * tanh(C[t + 1])
        do = sigmoid(o[t], derivative=True) * do
        d[3] += np.dot(do, z[t].T)
        d[8] += do
        dC = dC_next + dh * o[t] * tanh(tanh(C[t + 1]), derivative=True)
        dg = dC * i[t]
        dg = tanh(g[t], derivative=True) * dg
        d[2] += np.dot(dg, z[t].T)
        d[7] += dg
        di = dC * g[t]
        di = sigmoid(i[t], derivative=True) * di
        d[1] += np.dot(di, z[t].T)
        d[6] += di
        df = dC * C[t]
        df = sigmoid(f[t]) * df
        d[0] += np.dot(df, z[t].T)
        d[5] += df
        dz = np.dot(W_f.T, df) + np.dot(W_i.T, di) + np.dot(W_g.T, dg) + np.dot(W_o.T, do)
        dh_next = dz[:hidden_size, :]
        dC_next = f[t] * dC
    return loss, d
