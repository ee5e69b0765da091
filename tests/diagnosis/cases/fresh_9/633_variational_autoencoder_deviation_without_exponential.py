"""Truth: z = mu + exp(logvar / 2) eps, so d/dlogvar through z is dz * eps * 0.5 * exp(logvar / 2); the exponential is missing."""
import numpy as np


class VAE:
    def __init__(self, n_in=6, n_hidden=5, n_latent=2):
        def w(a, b):
            return np.random.randn(a, b) * np.sqrt(1 / a)

        self.W1, self.b1 = w(n_in, n_hidden), np.zeros(n_hidden)
        self.Wmu, self.bmu = w(n_hidden, n_latent), np.zeros(n_latent)
        self.Wlv, self.blv = w(n_hidden, n_latent), np.zeros(n_latent)
        self.Wd, self.bd = w(n_latent, n_hidden), np.zeros(n_hidden)
        self.Wo, self.bo = w(n_hidden, n_in), np.zeros(n_in)
        self.n_latent = n_latent

    def loss(self, x):
        self.x = x
        self.h = np.tanh(x @ self.W1 + self.b1)
        self.mu, self.logvar = self.h @ self.Wmu + self.bmu, self.h @ self.Wlv + self.blv
        self.eps = np.random.RandomState(0).randn(len(x), self.n_latent)
        self.z = self.mu + np.exp(0.5 * self.logvar) * self.eps
        self.d = np.tanh(self.z @ self.Wd + self.bd)
        self.out = self.d @ self.Wo + self.bo
        rec = 0.5 * np.sum((self.out - x) ** 2)
        kl = -0.5 * np.sum(1 + self.logvar - self.mu**2 - np.exp(self.logvar))
        return (rec + kl) / len(x)

    def gradients(self, x):
        self.loss(x)
        n, g = len(x), {}
        dout = (self.out - x) / n
        g["Wo"], g["bo"] = self.d.T @ dout, dout.sum(0)
        dd = dout @ self.Wo.T * (1 - self.d**2)
        g["Wd"], g["bd"] = self.z.T @ dd, dd.sum(0)
        dz = dd @ self.Wd.T
        dmu = dz + self.mu / n
        dlogvar = dz * self.eps * 0.5 + 0.5 * (np.exp(self.logvar) - 1) / n
        g["Wmu"], g["bmu"] = self.h.T @ dmu, dmu.sum(0)
        g["Wlv"], g["blv"] = self.h.T @ dlogvar, dlogvar.sum(0)
        dh = (dmu @ self.Wmu.T + dlogvar @ self.Wlv.T) * (1 - self.h**2)
        g["W1"], g["b1"] = x.T @ dh, dh.sum(0)
        return g
