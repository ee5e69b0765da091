"""Truth: all right. The loss goes down, but the numerical gradients did not match the analytical ones: the check itself had
carried h and c over from one call to the next, while the derivation was right all along.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def f(params, h, c, inputs, targets):
    Wf, Wi, Wg, Wo, bf, bi, bg, bo, Wy, by = params
    V = Wy.shape[0]
    loss, caches, outputs = 0.0, [], []
    for t in range(len(inputs)):
        h_old, c_old = h, c
        x = np.zeros((V, 1))
        x[inputs[t]] = 1
        hx = np.vstack((h_old, x))
        f_sigm = sigmoid(Wf @ hx + bf)
        i_sigm = sigmoid(Wi @ hx + bi)
        g_tanh = np.tanh(Wg @ hx + bg)
        o_sigm = sigmoid(Wo @ hx + bo)
        c = f_sigm * c_old + i_sigm * g_tanh
        c_tanh = np.tanh(c)
        h = o_sigm * c_tanh
        scores = Wy @ h + by
        p = np.exp(scores - scores.max())
        p /= p.sum()
        loss -= np.log(p[targets[t], 0])
        outputs.append(p)
        caches.append((hx, f_sigm, i_sigm, g_tanh, o_sigm, c_old, c_tanh, h))
    return outputs, loss, h, c, caches


def df_analytical(params, inputs, targets, outputs, caches):
    Wf, Wi, Wg, Wo, bf, bi, bg, bo, Wy, by = params
    H = bf.shape[0]
    dWf, dWi, dWg, dWo, dbf, dbi, dbg, dbo, dWy, dby = [np.zeros_like(p) for p in params]
    dh_next = np.zeros((H, 1))
    dc_next = np.zeros((H, 1))
    for t in reversed(range(len(inputs))):
        hx, f_sigm, i_sigm, g_tanh, o_sigm, c_old, c_tanh, h = caches[t]
        dy = outputs[t].copy()
        dy[targets[t]] -= 1
        dWy += dy @ h.T
        dby += dy
        dh = Wy.T @ dy + dh_next
        do = c_tanh * dh * o_sigm * (1 - o_sigm)
        dc = o_sigm * dh * (1 - c_tanh ** 2) + dc_next
        df = c_old * dc * f_sigm * (1 - f_sigm)
        di = g_tanh * dc * i_sigm * (1 - i_sigm)
        dg = i_sigm * dc * (1 - g_tanh ** 2)
        for dW, db, d in ((dWf, dbf, df), (dWi, dbi, di), (dWg, dbg, dg), (dWo, dbo, do)):
            dW += d @ hx.T
            db += d
        dhx = Wf.T @ df + Wi.T @ di + Wg.T @ dg + Wo.T @ do
        dh_next = dhx[:H]
        dc_next = f_sigm * dc
    return [dWf, dWi, dWg, dWo, dbf, dbi, dbg, dbo, dWy, dby]


if __name__ == "__main__":
    text = "hello world"
    chars = sorted(set(text))
    ids = [chars.index(ch) for ch in text]
    V, H = len(chars), 5
    rng = np.random.RandomState(4)
    params = [rng.randn(H, H + V) * 0.3 for _ in range(4)] + [np.zeros((H, 1)) for _ in range(4)]
    params += [rng.randn(V, H) * 0.3, np.zeros((V, 1))]
    for epoch in range(10):
        h, c = np.zeros((H, 1)), np.zeros((H, 1))
        outputs, loss, h, c, caches = f(params, h, c, ids[:-1], ids[1:])
        grads = df_analytical(params, ids[:-1], ids[1:], outputs, caches)
        for p, g in zip(params, grads):
            p -= 0.1 * g
        print(epoch, loss)
