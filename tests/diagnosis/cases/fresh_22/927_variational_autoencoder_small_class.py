"""Truth: the gradient of the log variance through the sample lacks the half. A variational autoencoder with one hidden layer on each side."""
import numpy as np


class VAE:
    def __init__(self, nx=12, nh=8, nz=2, seed=0):
        rs = np.random.RandomState(seed)
        g = lambda a, b: rs.randn(a, b) * np.sqrt(1.0 / a)
        self.p = {
            'We': g(nx, nh), 'be': np.zeros(nh),
            'Wm': g(nh, nz), 'bm': np.zeros(nz),
            'Wv': g(nh, nz), 'bv': np.zeros(nz),
            'Wd': g(nz, nh), 'bd': np.zeros(nh),
            'Wo': g(nh, nx), 'bo': np.zeros(nx),
        }

    def encode(self, x):
        p = self.p
        h = np.tanh(x @ p['We'] + p['be'])
        return h, h @ p['Wm'] + p['bm'], h @ p['Wv'] + p['bv']

    def decode(self, z):
        p = self.p
        hd = np.tanh(z @ p['Wd'] + p['bd'])
        return hd, 1 / (1 + np.exp(-(hd @ p['Wo'] + p['bo'])))

    def loss(self, x, eps):
        n = len(x)
        h, mu, logvar = self.encode(x)
        z = mu + np.exp(0.5 * logvar) * eps
        hd, xr = self.decode(z)
        bce = -np.sum(x * np.log(xr) + (1 - x) * np.log(1 - xr)) / n
        kl = -0.5 * np.sum(1 + logvar - mu ** 2 - np.exp(logvar)) / n
        self.cache = (x, eps, h, mu, logvar, z, hd, xr)
        return bce + kl

    def gradients(self):
        x, eps, h, mu, logvar, z, hd, xr = self.cache
        p, n, d = self.p, len(x), {}
        do = (xr - x) / n
        d['Wo'] = hd.T @ do
        d['bo'] = do.sum(0)
        dhd = do @ p['Wo'].T * (1 - hd ** 2)
        d['Wd'] = z.T @ dhd
        d['bd'] = dhd.sum(0)
        dz = dhd @ p['Wd'].T
        dmu = dz + mu / n
        dlogvar = dz * eps * np.exp(0.5 * logvar) + 0.5 * (np.exp(logvar) - 1) / n
        d['Wm'] = h.T @ dmu
        d['bm'] = dmu.sum(0)
        d['Wv'] = h.T @ dlogvar
        d['bv'] = dlogvar.sum(0)
        dh = (dmu @ p['Wm'].T + dlogvar @ p['Wv'].T) * (1 - h ** 2)
        d['We'] = x.T @ dh
        d['be'] = dh.sum(0)
        return d


if __name__ == '__main__':
    rs = np.random.RandomState(1)
    proto = rs.rand(3, 12) > 0.5
    X = (proto[rs.randint(3, size=60)] ^ (rs.rand(60, 12) < 0.05)).astype(float)
    vae = VAE()
    for it in range(100):
        L = vae.loss(X, rs.randn(60, 2))
        for k, g in vae.gradients().items():
            vae.p[k] -= 0.1 * g
        if it % 25 == 0:
            print('elbo', -L)
