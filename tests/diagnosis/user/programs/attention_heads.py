"""A head count divides the width that the constructor takes."""

import numpy as np
def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True)); return e/e.sum(-1, keepdims=True)
class SelfAttention:
    def __init__(self, d, h):
        self.h, self.dk = h, d//h
        self.params = {n: np.random.randn(d, d)*0.1 for n in ('Wq','Wk','Wv','Wo')}
        self.grads = {}
    def split(self, x):
        B,T,D = x.shape
        return x.reshape(B,T,self.h,self.dk).transpose(0,2,1,3)
    def merge(self, x):
        B,H,T,K = x.shape
        return x.transpose(0,2,1,3).reshape(B,T,H*K)
    def __call__(self, x):
        p = self.params
        q,k,v = (self.split(x @ p[n]) for n in ('Wq','Wk','Wv'))
        s = q @ k.transpose(0,1,3,2) / np.sqrt(self.dk)
        a = softmax(s)
        o = self.merge(a @ v)
        self.cache = x,q,k,v,a,o
        return o @ p['Wo']
    def backward(self, dout):
        x,q,k,v,a,o = self.cache
        p = self.params
        B,T,D = x.shape
        self.grads['Wo'] = o.reshape(-1,D).T @ dout.reshape(-1,D)
        do = self.split(dout @ p['Wo'].T)
        dv = a.transpose(0,1,3,2) @ do
        da = do @ v.transpose(0,1,3,2)
        ds = a*(da - (da*a).sum(-1, keepdims=True))
        dq = ds @ k / np.sqrt(self.dk)
        dk = ds.transpose(0,1,3,2) @ q / np.sqrt(self.dk)
        dx = 0
        for n, g in (('Wq',dq),('Wk',dk),('Wv',dv)):
            g = self.merge(g)
            self.grads[n] = x.reshape(-1,D).T @ g.reshape(-1,D)
            dx = dx + g @ p[n].T
        return dx
