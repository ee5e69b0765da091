"""Losses that need no labels: the method says by its name that it returns one."""
import numpy as np
class VAE:
    def __init__(self, n_in=8, n_hid=6, n_z=2):
        r = np.random.RandomState(0)
        self.W1 = r.randn(n_in, n_hid)*0.3; self.b1 = np.zeros(n_hid)
        self.Wm = r.randn(n_hid, n_z)*0.3; self.bm = np.zeros(n_z)
        self.Wv = r.randn(n_hid, n_z)*0.3; self.bv = np.zeros(n_z)
        self.W2 = r.randn(n_z, n_in)*0.3; self.b2 = np.zeros(n_in)
    def loss_and_grads(self, x):
        n = len(x)
        h = np.tanh(x @ self.W1 + self.b1)
        mu = h @ self.Wm + self.bm
        logvar = h @ self.Wv + self.bv
        eps = np.random.randn(*mu.shape)
        std = np.exp(0.5*logvar)
        z = mu + eps*std
        xr = 1/(1+np.exp(-(z @ self.W2 + self.b2)))
        rec = -np.sum(x*np.log(xr+1e-9) + (1-x)*np.log(1-xr+1e-9))/n
        kl = -0.5*np.sum(1 + logvar - mu**2 - np.exp(logvar))/n
        d = (xr - x)/n
        g = {}
        g['W2'] = z.T @ d; g['b2'] = d.sum(0)
        dz = d @ self.W2.T
        dmu = dz + mu/n
        dlogvar = 0.5*dz*eps*std + 0.5*(np.exp(logvar) - 1)/n
        g['Wm'] = h.T @ dmu; g['bm'] = dmu.sum(0)
        g['Wv'] = h.T @ dlogvar; g['bv'] = dlogvar.sum(0)
        dh = (dmu @ self.Wm.T + dlogvar @ self.Wv.T)*(1-h**2)
        g['W1'] = x.T @ dh; g['b1'] = dh.sum(0)
        return rec + kl, g
