"""Truth: the candidate sees r * h_prev, the way back to h_prev leaves the r out."""
import numpy as np


class GRU:
    """handnn: layer, input_shape=(4, 3)"""

    def __init__(self, n_x=3, n_h=4):
        rng = np.random.default_rng(3)
        s = 0.5
        self.params = {
            "Wz": rng.uniform(-s, s, (n_x, n_h)), "Uz": rng.uniform(-s, s, (n_h, n_h)), "bz": np.zeros(n_h),
            "Wr": rng.uniform(-s, s, (n_x, n_h)), "Ur": rng.uniform(-s, s, (n_h, n_h)), "br": np.zeros(n_h),
            "Wh": rng.uniform(-s, s, (n_x, n_h)), "Uh": rng.uniform(-s, s, (n_h, n_h)), "bh": np.zeros(n_h),
        }
        self.grads = {}

    @staticmethod
    def _sigmoid(v):
        return 1.0 / (1.0 + np.exp(-v))

    def forward(self, X):
        p = self.params
        batch, steps, _ = X.shape
        h = np.zeros((batch, p["Uz"].shape[0]))
        self.X, self.steps = X, []
        outputs = []
        for t in range(steps):
            x = X[:, t, :]
            z = self._sigmoid(x @ p["Wz"] + h @ p["Uz"] + p["bz"])
            r = self._sigmoid(x @ p["Wr"] + h @ p["Ur"] + p["br"])
            rh = r * h
            cand = np.tanh(x @ p["Wh"] + rh @ p["Uh"] + p["bh"])
            h_new = (1 - z) * h + z * cand
            self.steps.append((x, h, z, r, rh, cand))
            h = h_new
            outputs.append(h)
        return np.stack(outputs, axis=1)

    def backward(self, dout):
        p = self.params
        self.grads = {k: np.zeros_like(v) for k, v in p.items()}
        g = self.grads
        dX = np.zeros_like(self.X)
        dh_next = np.zeros_like(dout[:, 0])
        for t in range(len(self.steps) - 1, -1, -1):
            x, h_prev, z, r, rh, cand = self.steps[t]
            dh = dout[:, t] + dh_next
            dcand = dh * z * (1 - cand ** 2)
            dz = dh * (cand - h_prev) * z * (1 - z)
            drh = dcand @ p["Uh"].T
            dr = drh * h_prev * r * (1 - r)
            g["Wh"] += x.T @ dcand
            g["Uh"] += rh.T @ dcand
            g["bh"] += dcand.sum(0)
            g["Wz"] += x.T @ dz
            g["Uz"] += h_prev.T @ dz
            g["bz"] += dz.sum(0)
            g["Wr"] += x.T @ dr
            g["Ur"] += h_prev.T @ dr
            g["br"] += dr.sum(0)
            dX[:, t] = dcand @ p["Wh"].T + dz @ p["Wz"].T + dr @ p["Wr"].T
            dh_next = dh * (1 - z) + drh + dz @ p["Uz"].T + dr @ p["Ur"].T
        return dX
