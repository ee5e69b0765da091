"""Truth: RIGHT. A rate network of neurons that leak, in steps of dt / tau, with a read-out, a penalty on the rates, and noise that is drawn
once and given. Rows are time, one trial; r0 belongs to x0, which is learned too.
"""
import numpy as np


class RateNetwork:
    def __init__(self, n_in, n_rec, n_out, tau=0.1, dt=0.02, g=1.3, cost=0.05, rng=None):
        rng = rng or np.random.default_rng(12)
        self.alpha = dt / tau
        self.cost = cost
        self.J = g * rng.standard_normal((n_rec, n_rec)) / np.sqrt(n_rec)
        self.B = rng.standard_normal((n_rec, n_in))
        self.W = rng.standard_normal((n_out, n_rec)) / np.sqrt(n_rec)
        self.c = np.zeros(n_rec)
        self.x0 = 0.1 * rng.standard_normal(n_rec)

    def run(self, u, noise):
        """u: (T, n_in), noise: (T, n_rec). Keeps x and r with the start in row 0, returns the read-out (T, n_out)."""
        T = len(u)
        self.u = u
        self.x = np.zeros((T + 1, len(self.x0)))
        self.x[0] = self.x0
        for t in range(T):
            r = np.tanh(self.x[t])
            drive = self.J @ r + self.B @ u[t] + self.c + noise[t]
            self.x[t + 1] = self.x[t] + self.alpha * (drive - self.x[t])
        self.r = np.tanh(self.x)
        return self.r[1:] @ self.W.T

    def loss(self, u, noise, target):
        error = self.run(u, noise) - target
        return np.mean(np.sum(error ** 2, axis=1)) + self.cost * np.mean(self.r[1:] ** 2)

    def gradients(self, u, noise, target):
        error = self.run(u, noise) - target
        T, n_rec = len(u), len(self.x0)
        dz = 2 * error / T
        dr = dz @ self.W + 2 * self.cost * self.r[1:] / (T * n_rec)
        slope = 1 - self.r ** 2
        lam = np.zeros(n_rec)  # gradient by x[t + 1]
        into = np.zeros((T, n_rec))
        for t in reversed(range(T)):
            lam = lam + slope[t + 1] * dr[t]
            into[t] = self.alpha * lam
            lam = (1 - self.alpha) * lam + slope[t] * (self.J.T @ into[t])
        return {
            "J": into.T @ self.r[:-1],
            "B": into.T @ u,
            "W": dz.T @ self.r[1:],
            "c": into.sum(axis=0),
            "x0": lam,
        }


if __name__ == "__main__":
    rng = np.random.default_rng(3)
    time = np.arange(60) * 0.02
    u = np.stack([np.sin(6 * time), (time < 0.2).astype(float)], axis=1)
    target = np.stack([np.sin(6 * time - 0.8)], axis=1)
    net = RateNetwork(2, 20, 1)
    for trial in range(150):
        noise = 0.05 * rng.standard_normal((60, 20))
        for name, grad in net.gradients(u, noise, target).items():
            setattr(net, name, getattr(net, name) - 0.03 * grad)
    print("loss", net.loss(u, np.zeros((60, 20)), target))
