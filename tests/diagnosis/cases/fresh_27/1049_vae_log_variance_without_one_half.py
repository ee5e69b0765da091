"""Truth: z = mu + exp(logvar / 2) * eps, so that the way from z to logvar has a factor 1/2, which is forgotten (the KL part of
dlogvar is right). I get good digits but the variances collapse: is my gradient of the reparameterization right?
"""
import numpy as np


class VAE:
    def __init__(self, n_in=6, n_hidden=5, n_latent=2, seed=7):
        r = np.random.RandomState(seed)
        self.p = {
            "We": r.randn(n_in, n_hidden) * 0.4, "be": np.zeros(n_hidden),
            "Wm": r.randn(n_hidden, n_latent) * 0.4, "bm": np.zeros(n_latent),
            "Wv": r.randn(n_hidden, n_latent) * 0.4, "bv": np.zeros(n_latent),
            "Wd": r.randn(n_latent, n_hidden) * 0.4, "bd": np.zeros(n_hidden),
            "Wo": r.randn(n_hidden, n_in) * 0.4, "bo": np.zeros(n_in),
        }
        self.r = r
        self.g = {}

    def forward(self, x, eps):
        p = self.p
        self.x, self.eps = x, eps
        self.h = np.tanh(x @ p["We"] + p["be"])
        self.mu = self.h @ p["Wm"] + p["bm"]
        self.logvar = self.h @ p["Wv"] + p["bv"]
        self.std = np.exp(0.5 * self.logvar)
        self.z = self.mu + self.std * eps
        self.d = np.tanh(self.z @ p["Wd"] + p["bd"])
        self.y = 1 / (1 + np.exp(-(self.d @ p["Wo"] + p["bo"])))
        return self.y

    def loss(self, x, eps):
        y = self.forward(x, eps)
        bce = -np.sum(x * np.log(y) + (1 - x) * np.log(1 - y))
        kl = -0.5 * np.sum(1 + self.logvar - self.mu ** 2 - np.exp(self.logvar))
        return (bce + kl) / len(x)

    def backward(self):
        p, n = self.p, len(self.x)
        do = (self.y - self.x) / n
        self.g["Wo"], self.g["bo"] = self.d.T @ do, do.sum(0)
        dd = do @ p["Wo"].T * (1 - self.d ** 2)
        self.g["Wd"], self.g["bd"] = self.z.T @ dd, dd.sum(0)
        dz = dd @ p["Wd"].T
        dmu = dz + self.mu / n
        dlogvar = dz * self.eps * self.std + 0.5 * (np.exp(self.logvar) - 1) / n
        self.g["Wm"], self.g["bm"] = self.h.T @ dmu, dmu.sum(0)
        self.g["Wv"], self.g["bv"] = self.h.T @ dlogvar, dlogvar.sum(0)
        dh = (dmu @ p["Wm"].T + dlogvar @ p["Wv"].T) * (1 - self.h ** 2)
        self.g["We"], self.g["be"] = self.x.T @ dh, dh.sum(0)
        return self.g

    def train_step(self, x, lr=0.1):
        loss = self.loss(x, self.r.randn(len(x), 2))
        for name, g in self.backward().items():
            self.p[name] -= lr * g
        return loss


if __name__ == "__main__":
    x = (np.random.RandomState(0).rand(8, 6) > 0.5).astype(float)
    vae = VAE()
    for i in range(50):
        loss = vae.train_step(x)
    print(loss)
