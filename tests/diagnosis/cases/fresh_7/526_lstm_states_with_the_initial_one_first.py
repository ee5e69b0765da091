"""Truth: the lists of h and C begin with the initial state, so that C[t] is the state BEFORE step t: C_prev = C[t - 1] takes the
one before that, and the last at t = 0. All else is right. One sequence, columns, concatenated [h, x].
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def forward(inputs, h_prev, C_prev, p):
    W_f, W_i, W_g, W_o, W_v, b_f, b_i, b_g, b_o, b_v = p
    h, C, z_s, f_s, i_s, g_s, o_s, outputs = [h_prev], [C_prev], [], [], [], [], [], []
    for x in inputs:
        z = np.vstack((h_prev, x))
        f = sigmoid(np.dot(W_f, z) + b_f)
        i = sigmoid(np.dot(W_i, z) + b_i)
        g = np.tanh(np.dot(W_g, z) + b_g)
        C_prev = f * C_prev + i * g
        o = sigmoid(np.dot(W_o, z) + b_o)
        h_prev = o * np.tanh(C_prev)
        z_s.append(z)
        f_s.append(f)
        i_s.append(i)
        g_s.append(g)
        o_s.append(o)
        h.append(h_prev)
        C.append(C_prev)
        outputs.append(softmax(np.dot(W_v, h_prev) + b_v))
    return z_s, f_s, i_s, g_s, C, o_s, h, outputs


def backward(z, f, i, g, C, o, h, outputs, targets, p):
    W_f, W_i, W_g, W_o, W_v, b_f, b_i, b_g, b_o, b_v = p
    W_f_d, W_i_d, W_g_d = np.zeros_like(W_f), np.zeros_like(W_i), np.zeros_like(W_g)
    W_o_d, W_v_d = np.zeros_like(W_o), np.zeros_like(W_v)
    b_f_d, b_i_d, b_g_d = np.zeros_like(b_f), np.zeros_like(b_i), np.zeros_like(b_g)
    b_o_d, b_v_d = np.zeros_like(b_o), np.zeros_like(b_v)
    hidden = b_f.shape[0]
    dh_next, dC_next = np.zeros_like(h[0]), np.zeros_like(C[0])
    loss = 0
    for t in reversed(range(len(outputs))):
        loss += -np.sum(np.log(outputs[t]) * targets[t])
        C_prev = C[t - 1]
        dv = outputs[t] - targets[t]
        W_v_d += np.dot(dv, h[t + 1].T)
        b_v_d += dv
        dh = np.dot(W_v.T, dv) + dh_next
        do = dh * np.tanh(C[t + 1]) * o[t] * (1 - o[t])
        W_o_d += np.dot(do, z[t].T)
        b_o_d += do
        dC = dC_next + dh * o[t] * (1 - np.tanh(C[t + 1]) ** 2)
        dg = dC * i[t] * (1 - g[t] ** 2)
        W_g_d += np.dot(dg, z[t].T)
        b_g_d += dg
        di = dC * g[t] * i[t] * (1 - i[t])
        W_i_d += np.dot(di, z[t].T)
        b_i_d += di
        df = dC * C_prev * f[t] * (1 - f[t])
        W_f_d += np.dot(df, z[t].T)
        b_f_d += df
        dz = np.dot(W_f.T, df) + np.dot(W_i.T, di) + np.dot(W_g.T, dg) + np.dot(W_o.T, do)
        dh_next = dz[:hidden, :]
        dC_next = f[t] * dC
    return loss, (W_f_d, W_i_d, W_g_d, W_o_d, W_v_d, b_f_d, b_i_d, b_g_d, b_o_d, b_v_d)
