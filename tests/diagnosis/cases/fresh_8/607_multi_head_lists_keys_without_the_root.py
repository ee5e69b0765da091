"""Truth: the scores are divided by the root of the head's width; on the way back that is done for the queries and forgotten for the
keys. Heads in lists, a batch of sequences.
"""
import numpy as np


def softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


class MultiHeadAttention:
    def __init__(self, d_model=6, num_heads=2):
        self.num_heads, self.d_k = num_heads, d_model // num_heads
        self.query_weights = [np.random.randn(d_model, self.d_k) * 0.5 for _ in range(num_heads)]
        self.key_weights = [np.random.randn(d_model, self.d_k) * 0.5 for _ in range(num_heads)]
        self.value_weights = [np.random.randn(d_model, self.d_k) * 0.5 for _ in range(num_heads)]
        self.output_weights = np.random.randn(d_model, d_model) * 0.5

    def forward(self, x):
        self.x, self.q, self.k, self.v, self.s, heads = x, [], [], [], [], []
        for i in range(self.num_heads):
            q, k, v = x @ self.query_weights[i], x @ self.key_weights[i], x @ self.value_weights[i]
            s = softmax(q @ k.transpose(0, 2, 1) / np.sqrt(self.d_k))
            heads.append(s @ v)
            self.q.append(q)
            self.k.append(k)
            self.v.append(v)
            self.s.append(s)
        self.concat = np.concatenate(heads, axis=-1)
        return self.concat @ self.output_weights

    def backward(self, grad):
        self.d_output = np.einsum("btd,bte->de", self.concat, grad)
        d_concat = grad @ self.output_weights.T
        self.d_query, self.d_key, self.d_value = [], [], []
        dx = np.zeros_like(self.x)
        for i, d_head in enumerate(np.split(d_concat, self.num_heads, axis=-1)):
            ds = d_head @ self.v[i].transpose(0, 2, 1)
            dv = self.s[i].transpose(0, 2, 1) @ d_head
            dt = self.s[i] * (ds - np.sum(ds * self.s[i], axis=-1, keepdims=True))
            dq = dt @ self.k[i] / np.sqrt(self.d_k)
            dk = dt.transpose(0, 2, 1) @ self.q[i]
            self.d_query.append(np.einsum("btd,bte->de", self.x, dq))
            self.d_key.append(np.einsum("btd,bte->de", self.x, dk))
            self.d_value.append(np.einsum("btd,bte->de", self.x, dv))
            dx += dq @ self.query_weights[i].T + dk @ self.key_weights[i].T + dv @ self.value_weights[i].T
        return dx
