"""Truth: right. A small variational autoencoder as a class: one hidden layer on each side, Bernoulli output, the two parts of its loss."""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class VAE:
    def __init__(self, n_in, n_hidden, n_latent, seed=0):
        rng = np.random.RandomState(seed)
        s = 0.3
        self.We, self.be = rng.randn(n_in, n_hidden) * s, np.zeros(n_hidden)
        self.Wmu, self.bmu = rng.randn(n_hidden, n_latent) * s, np.zeros(n_latent)
        self.Wlv, self.blv = rng.randn(n_hidden, n_latent) * s, np.zeros(n_latent)
        self.Wd, self.bd = rng.randn(n_latent, n_hidden) * s, np.zeros(n_hidden)
        self.Wo, self.bo = rng.randn(n_hidden, n_in) * s, np.zeros(n_in)

    def forward(self, x, eps):
        self.x, self.eps = x, eps
        self.he = np.tanh(x @ self.We + self.be)
        self.mu = self.he @ self.Wmu + self.bmu
        self.logvar = self.he @ self.Wlv + self.blv
        self.std = np.exp(0.5 * self.logvar)
        self.z = self.mu + self.std * eps
        self.hd = np.tanh(self.z @ self.Wd + self.bd)
        self.out = sigmoid(self.hd @ self.Wo + self.bo)
        return self.out

    def loss(self):
        n = len(self.x)
        bce = -np.sum(self.x * np.log(self.out) + (1 - self.x) * np.log(1 - self.out))
        kl = -0.5 * np.sum(1 + self.logvar - self.mu ** 2 - np.exp(self.logvar))
        return (bce + kl) / n

    def backward(self):
        n = len(self.x)
        g = {}
        da = (self.out - self.x) / n
        g["Wo"] = self.hd.T @ da
        g["bo"] = da.sum(axis=0)
        dhd = (da @ self.Wo.T) * (1 - self.hd ** 2)
        g["Wd"] = self.z.T @ dhd
        g["bd"] = dhd.sum(axis=0)
        dz = dhd @ self.Wd.T

        dmu = dz + self.mu / n
        dlogvar = dz * self.eps * 0.5 * self.std + 0.5 * (np.exp(self.logvar) - 1) / n
        g["Wmu"] = self.he.T @ dmu
        g["bmu"] = dmu.sum(axis=0)
        g["Wlv"] = self.he.T @ dlogvar
        g["blv"] = dlogvar.sum(axis=0)

        dhe = (dmu @ self.Wmu.T + dlogvar @ self.Wlv.T) * (1 - self.he ** 2)
        g["We"] = self.x.T @ dhe
        g["be"] = dhe.sum(axis=0)
        return g

    def step(self, grads, lr):
        for name, grad in grads.items():
            setattr(self, name, getattr(self, name) - lr * grad)


if __name__ == "__main__":
    rng = np.random.RandomState(1)
    x = (rng.rand(64, 1) + 0.3 * rng.randn(64, 8) > 0.5).astype(float)
    vae = VAE(8, 10, 2)
    for epoch in range(200):
        vae.forward(x, rng.randn(64, 2))
        if epoch % 50 == 0:
            print(epoch, vae.loss())
        vae.step(vae.backward(), 0.1)
