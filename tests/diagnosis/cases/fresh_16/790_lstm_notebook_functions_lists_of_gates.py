"""Truth: one of the four gates on the way back. Functions that pass all lists around, one-hot letters in columns, helpers with an
argument that asks for the slope.
"""
import numpy as np


def sigmoid(x, derivative=False):
    if derivative:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


def tanh(x, derivative=False):
    if derivative:
        return 1 - x ** 2
    return np.tanh(x)


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def init_lstm(hidden, vocab, seed=12):
    rng = np.random.RandomState(seed)
    shapes = [(hidden, hidden + vocab)] * 4 + [(vocab, hidden)]
    weights = [rng.randn(*s) * 0.4 for s in shapes]
    return tuple(weights + [np.zeros((s[0], 1)) for s in shapes])


def forward(inputs, h, c, p):
    W_f, W_i, W_g, W_o, W_v, b_f, b_i, b_g, b_o, b_v = p
    z_s, f_s, i_s, g_s, o_s, y_s = [], [], [], [], [], []
    h_s, c_s = [h], [c]
    for x in inputs:
        z = np.vstack((h, x))
        f = sigmoid(np.dot(W_f, z) + b_f)
        i = sigmoid(np.dot(W_i, z) + b_i)
        g = tanh(np.dot(W_g, z) + b_g)
        o = sigmoid(np.dot(W_o, z) + b_o)
        c = f * c + i * g
        h = o * tanh(c)
        y_s.append(softmax(np.dot(W_v, h) + b_v))
        for s, v in zip((z_s, f_s, i_s, g_s, o_s, c_s, h_s), (z, f, i, g, o, c, h)):
            s.append(v)
    return z_s, f_s, i_s, g_s, c_s, o_s, h_s, y_s


def backward(z, f, i, g, c, o, h, y, targets, p):
    W_f, W_i, W_g, W_o, W_v = p[:5]
    grads = [np.zeros_like(q) for q in p]
    dW_f, dW_i, dW_g, dW_o, dW_v, db_f, db_i, db_g, db_o, db_v = grads
    n = W_f.shape[0]
    dh_next, dc_next = np.zeros((n, 1)), np.zeros((n, 1))
    loss = 0
    for t in reversed(range(len(y))):
        loss += -np.sum(targets[t] * np.log(y[t]))
        dv = y[t] - targets[t]
        dW_v += np.dot(dv, h[t + 1].T)
        db_v += dv
        dh = np.dot(W_v.T, dv) + dh_next
        do = dh * tanh(c[t + 1]) * sigmoid(o[t], derivative=True)
        dc = dh * o[t] * tanh(tanh(c[t + 1]), derivative=True) + dc_next
        dg = dc * i[t] * tanh(g[t], derivative=True)
        di = dc * g[t] * sigmoid(i[t], derivative=True)
        df = dc * c[t] * sigmoid(f[t])
        for dW, db, d in ((dW_f, db_f, df), (dW_i, db_i, di), (dW_g, db_g, dg), (dW_o, db_o, do)):
            dW += np.dot(d, z[t].T)
            db += d
        dz = np.dot(W_f.T, df) + np.dot(W_i.T, di) + np.dot(W_g.T, dg) + np.dot(W_o.T, do)
        dh_next = dz[:n]
        dc_next = f[t] * dc
    return loss, grads


if __name__ == "__main__":
    word = [0, 1, 2, 2, 3, 0, 1, 2]
    eye = np.eye(4)[:, :, None]
    p, zero = init_lstm(6, 4), np.zeros((6, 1))
    for epoch in range(60):
        states = forward([eye[k] for k in word[:-1]], zero, zero, p)
        loss, grads = backward(*states, [eye[k] for k in word[1:]], p)
        for q, d in zip(p, grads):
            q -= 0.1 * d
    print(loss)
