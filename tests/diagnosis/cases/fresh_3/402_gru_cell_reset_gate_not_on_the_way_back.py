"""Truth: the candidate is tanh(W [x, r * h]); on the way back through U_h the reset gate is forgotten: the part of
dh_prev that comes through the candidate must be r * (dcand @ U_h.T). A cell for one step, rows, gradients kept.
"""
import numpy as np


def sig(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


class GRUCell:
    def __init__(self, n_in=3, n_hid=4):
        s = 1 / np.sqrt(n_hid)
        self.W_z, self.W_r, self.W_h = (np.random.uniform(-s, s, (n_in, n_hid)) for _ in range(3))
        self.U_z, self.U_r, self.U_h = (np.random.uniform(-s, s, (n_hid, n_hid)) for _ in range(3))
        self.b_z, self.b_r, self.b_h = (np.zeros(n_hid) for _ in range(3))

    def forward(self, x, h_prev):
        z = sig(x @ self.W_z + h_prev @ self.U_z + self.b_z)
        r = sig(x @ self.W_r + h_prev @ self.U_r + self.b_r)
        cand = np.tanh(x @ self.W_h + (r * h_prev) @ self.U_h + self.b_h)
        h = (1 - z) * h_prev + z * cand
        self.cache = x, h_prev, z, r, cand
        return h

    def backward(self, dh):
        x, h_prev, z, r, cand = self.cache
        dcand = dh * z * (1 - cand**2)
        dz = dh * (cand - h_prev) * z * (1 - z)
        drh = dcand @ self.U_h.T
        dr = drh * h_prev * r * (1 - r)
        self.dW_h, self.dU_h, self.db_h = x.T @ dcand, (r * h_prev).T @ dcand, dcand.sum(axis=0)
        self.dW_z, self.dU_z, self.db_z = x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)
        self.dW_r, self.dU_r, self.db_r = x.T @ dr, h_prev.T @ dr, dr.sum(axis=0)
        dx = dcand @ self.W_h.T + dz @ self.W_z.T + dr @ self.W_r.T
        dh_prev = dh * (1 - z) + drh + dz @ self.U_z.T + dr @ self.U_r.T
        return dx, dh_prev
