"""Truth: the keys' gradient takes the scores' gradient as it is, not transposed; both are T x T, so nothing complains.
One head with a causal mask - the loss falls, but the keys do not pass the gradient check.
"""
import numpy as np


class CausalSelfAttention:
    """handnn: layer, input_shape=(5, 4)"""

    def __init__(self, d_model=4, d_head=3, seed=2):
        rng = np.random.default_rng(seed)
        self.W_qkv = rng.normal(0, 0.5, (d_model, 3 * d_head))
        self.W_o = rng.normal(0, 0.5, (d_head, d_model))
        self.d_head = d_head

    def forward(self, x):
        T = x.shape[1]
        self.x = x
        self.q, self.k, self.v = np.split(x @ self.W_qkv, 3, axis=-1)
        scores = self.q @ self.k.transpose(0, 2, 1) / np.sqrt(self.d_head)
        scores = np.where(np.tri(T, dtype=bool), scores, -1e9)
        e = np.exp(scores - scores.max(axis=-1, keepdims=True))
        self.att = e / e.sum(axis=-1, keepdims=True)
        self.y = self.att @ self.v
        return self.y @ self.W_o

    def backward(self, dout):
        n, T, _ = self.x.shape
        self.dW_o = np.tensordot(self.y, dout, axes=([0, 1], [0, 1]))
        dy = dout @ self.W_o.T
        dv = self.att.transpose(0, 2, 1) @ dy
        datt = dy @ self.v.transpose(0, 2, 1)
        dscores = self.att * (datt - np.sum(datt * self.att, axis=-1, keepdims=True))
        dscores = dscores / np.sqrt(self.d_head)
        dq = dscores @ self.k
        dk = dscores @ self.q
        dqkv = np.concatenate([dq, dk, dv], axis=-1)
        self.dW_qkv = self.x.reshape(n * T, -1).T @ dqkv.reshape(n * T, -1)
        return dqkv @ self.W_qkv.T


if __name__ == "__main__":
    rng = np.random.default_rng(4)
    x = rng.normal(size=(8, 5, 4))
    target = np.cumsum(x, axis=1) / np.arange(1, 6)[:, None]
    layer = CausalSelfAttention()
    for it in range(60):
        diff = layer.forward(x) - target
        layer.backward(2 * diff / diff.size)
        layer.W_qkv -= 0.5 * layer.dW_qkv
        layer.W_o -= 0.5 * layer.dW_o
    print(np.mean(diff ** 2))
