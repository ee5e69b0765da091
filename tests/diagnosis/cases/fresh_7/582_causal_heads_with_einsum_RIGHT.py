"""Truth: RIGHT. 'The masked scores must be masked on the way back' was asked: their probability is 0, and so is their gradient."""
import numpy as np


class CausalSelfAttention:
    """handnn: layer, input_shape=(4, 6)"""

    def __init__(self, dim=6, heads=2):
        rng = np.random.RandomState(9)
        self.heads, self.size = heads, dim // heads
        self.Wqkv = rng.randn(3, dim, heads, self.size) * 0.4
        self.Wo = rng.randn(heads, self.size, dim) * 0.4

    def forward(self, x):
        self.x = x
        self.q, self.k, self.v = np.einsum("btd,sdhe->sbhte", x, self.Wqkv)
        s = np.einsum("bhte,bhue->bhtu", self.q, self.k) / self.size**0.5
        s = np.where(np.tril(np.ones(s.shape[-2:])) == 1, s, -1e9)
        s = np.exp(s - s.max(axis=-1, keepdims=True))
        self.p = s / s.sum(axis=-1, keepdims=True)
        self.o = np.einsum("bhtu,bhue->bhte", self.p, self.v)
        return np.einsum("bhte,hed->btd", self.o, self.Wo)

    def backward(self, dy):
        self.dWo = np.einsum("bhte,btd->hed", self.o, dy)
        do = np.einsum("btd,hed->bhte", dy, self.Wo)
        dv = np.einsum("bhtu,bhte->bhue", self.p, do)
        dp = np.einsum("bhte,bhue->bhtu", do, self.v)
        ds = self.p * (dp - (dp * self.p).sum(axis=-1, keepdims=True)) / self.size**0.5
        dq = np.einsum("bhtu,bhue->bhte", ds, self.k)
        dk = np.einsum("bhtu,bhte->bhue", ds, self.q)
        dqkv = np.stack([dq, dk, dv])
        self.dWqkv = np.einsum("btd,sbhte->sdhe", self.x, dqkv)
        return np.einsum("sbhte,sdhe->btd", dqkv, self.Wqkv)
