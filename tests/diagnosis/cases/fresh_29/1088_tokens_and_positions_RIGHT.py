"""Truth: all is right. The rows of the token table are collected by a product with the one-hot matrix instead of np.add.at, the
positions by a sum over the batch. Does the scale by sqrt(dim) belong into the gradient too? (It does, and it is there.)
"""
import numpy as np


class NextToken:
    def __init__(self, vocab, length, dim, seed=0):
        rng = np.random.default_rng(seed)
        self.tok = rng.normal(0, 0.4, (vocab, dim))
        self.pos = rng.normal(0, 0.4, (length, dim))
        self.out = rng.normal(0, 0.4, (dim, vocab))

    def loss(self, ids, nxt):
        self.ids, self.nxt = ids, nxt
        n, t = ids.shape
        self.scale = np.sqrt(self.tok.shape[1])
        self.h = np.tanh(self.tok[ids] * self.scale + self.pos[:t])
        logits = self.h @ self.out
        logits -= logits.max(axis=2, keepdims=True)
        self.logp = logits - np.log(np.exp(logits).sum(axis=2, keepdims=True))
        return -self.logp[np.arange(n)[:, None], np.arange(t), nxt].mean()

    def backward(self):
        vocab, dim = self.tok.shape
        eye = np.eye(vocab)
        d = (np.exp(self.logp) - eye[self.nxt]) / self.ids.size
        d_out = self.h.reshape(-1, dim).T @ d.reshape(-1, vocab)
        d_pre = d @ self.out.T * (1 - self.h * self.h)
        d_pos = np.zeros_like(self.pos)
        d_pos[:d_pre.shape[1]] = d_pre.sum(axis=0)
        d_tok = self.scale * eye[self.ids.ravel()].T @ d_pre.reshape(-1, dim)
        return d_tok, d_pos, d_out


if __name__ == "__main__":
    text = np.array([0, 1, 2, 3, 1, 2, 4, 0, 1, 2, 3, 1])
    ids = np.array([text[i:i + 4] for i in range(8)])
    nxt = np.array([text[i + 1:i + 5] for i in range(8)])
    model = NextToken(5, 6, 3)
    for step in range(100):
        loss = model.loss(ids, nxt)
        d_tok, d_pos, d_out = model.backward()
        model.tok -= 0.3 * d_tok
        model.pos -= 0.3 * d_pos
        model.out -= 0.3 * d_out
    print(loss)
