"""Truth: dc lacks dc_next, what the later step hands to the cell. Weights are globals, one sequence, the loss on the last state."""
import numpy as np

H, D, T = 4, 3, 3
rng = np.random.RandomState(7)
Wf, Wi, Wc, Wo = (rng.randn(H, H + D) * 0.5 for _ in range(4))
bf, bi, bc, bo = (np.zeros((H, 1)) for _ in range(4))
Wy, by = rng.randn(1, H) * 0.5, np.zeros((1, 1))


def sigmoid(v):
    return 1.0 / (1.0 + np.exp(-v))


def forward(xs):
    h, c, cache = np.zeros((H, 1)), np.zeros((H, 1)), []
    for x in xs:
        z = np.vstack((h, x.reshape(D, 1)))
        f, i, o = sigmoid(Wf @ z + bf), sigmoid(Wi @ z + bi), sigmoid(Wo @ z + bo)
        g = np.tanh(Wc @ z + bc)
        c_prev, c = c, f * c + i * g
        h = o * np.tanh(c)
        cache.append((z, f, i, g, o, c_prev, c))
    return Wy @ h + by, h, cache


def loss_and_gradients(xs, target):
    y, h, cache = forward(xs)
    loss = 0.5 * np.sum((y - target) ** 2)
    dy = y - target
    dWy, dby = dy @ h.T, dy
    dWf, dWi, dWc, dWo = (np.zeros((H, H + D)) for _ in range(4))
    dbf, dbi, dbc, dbo = (np.zeros((H, 1)) for _ in range(4))
    dh_next, dc_next = Wy.T @ dy, np.zeros((H, 1))
    for z, f, i, g, o, c_prev, c in reversed(cache):
        tanh_c = np.tanh(c)
        dc = dh_next * o * (1 - tanh_c**2)
        do = dh_next * tanh_c * o * (1 - o)
        df = dc * c_prev * f * (1 - f)
        di = dc * g * i * (1 - i)
        dg = dc * i * (1 - g**2)
        dWo += do @ z.T
        dWf += df @ z.T
        dWi += di @ z.T
        dWc += dg @ z.T
        dbo += do
        dbf += df
        dbi += di
        dbc += dg
        dz = Wo.T @ do + Wf.T @ df + Wi.T @ di + Wc.T @ dg
        dh_next, dc_next = dz[:H], dc * f
    return loss, dWf, dWi, dWc, dWo, dWy, dbf, dbi, dbc, dbo, dby
