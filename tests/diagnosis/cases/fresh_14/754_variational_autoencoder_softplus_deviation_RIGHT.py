"""Truth: RIGHT. The encoder gives the deviation through a softplus, not the logarithm of the variance, so the pull of the divergence is
sigma - 1 / sigma and the slope of the softplus is the sigmoid of its input. The decoder's error is p - x because of the sigmoid.
"""
import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


class BernoulliVAE:
    def __init__(self, n_pixels, n_hidden, n_latent, beta=0.5, seed=2):
        r = np.random.RandomState(seed)

        def glorot(a, b):
            return r.uniform(-1, 1, (a, b)) * np.sqrt(6 / (a + b))

        self.beta = beta
        self.We, self.be = glorot(n_pixels, n_hidden), np.zeros(n_hidden)
        self.Wm, self.bm = glorot(n_hidden, n_latent), np.zeros(n_latent)
        self.Ws, self.bs = glorot(n_hidden, n_latent), np.zeros(n_latent)
        self.Wd, self.bd = glorot(n_latent, n_hidden), np.zeros(n_hidden)
        self.Wx, self.bx = glorot(n_hidden, n_pixels), np.zeros(n_pixels)

    def forward(self, x, noise):
        self.x, self.noise = x, noise
        self.e = np.tanh(x @ self.We + self.be)
        self.mu = self.e @ self.Wm + self.bm
        self.raw = self.e @ self.Ws + self.bs
        self.sigma = np.logaddexp(0, self.raw)
        self.z = self.mu + self.sigma * noise
        self.d = np.tanh(self.z @ self.Wd + self.bd)
        self.a = self.d @ self.Wx + self.bx
        nll = (np.logaddexp(0, self.a) - x * self.a).sum()
        kl = 0.5 * (self.mu ** 2 + self.sigma ** 2 - 1).sum() - np.log(self.sigma).sum()
        return (nll + self.beta * kl) / len(x)

    def backward(self):
        n = len(self.x)
        g = {}
        da = (sigmoid(self.a) - self.x) / n
        g["Wx"], g["bx"] = self.d.T @ da, da.sum(0)
        dd = (da @ self.Wx.T) * (1 - self.d ** 2)
        g["Wd"], g["bd"] = self.z.T @ dd, dd.sum(0)
        dz = dd @ self.Wd.T
        dmu = dz + self.beta * self.mu / n
        dsigma = dz * self.noise + self.beta * (self.sigma - 1 / self.sigma) / n
        draw = dsigma * sigmoid(self.raw)
        g["Wm"], g["bm"] = self.e.T @ dmu, dmu.sum(0)
        g["Ws"], g["bs"] = self.e.T @ draw, draw.sum(0)
        de = (dmu @ self.Wm.T + draw @ self.Ws.T) * (1 - self.e ** 2)
        g["We"], g["be"] = self.x.T @ de, de.sum(0)
        return g


if __name__ == "__main__":
    r = np.random.RandomState(0)
    bars = np.zeros((60, 16))
    for row in bars:
        row.reshape(4, 4)[r.randint(4)] = 1
    vae = BernoulliVAE(16, 10, 2)
    for epoch in range(200):
        loss = vae.forward(bars, r.randn(60, 2))
        for name, grad in vae.backward().items():
            setattr(vae, name, getattr(vae, name) - 0.05 * grad)
        if epoch % 50 == 0:
            print(epoch, loss)
