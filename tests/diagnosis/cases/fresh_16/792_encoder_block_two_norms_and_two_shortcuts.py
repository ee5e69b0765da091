"""Truth: what reaches the lower half of the block. Three classes of a transformer without attention (the mixing over time is one matrix),
the norm after each sum.
"""
import numpy as np


class LayerNorm:
    def __init__(self, d_model, eps=1e-5):
        self.gamma = np.ones(d_model)
        self.beta = np.zeros(d_model)
        self.eps = eps

    def forward(self, x):
        mean = x.mean(axis=-1, keepdims=True)
        self.std = np.sqrt(x.var(axis=-1, keepdims=True) + self.eps)
        self.x_hat = (x - mean) / self.std
        return self.gamma * self.x_hat + self.beta

    def backward(self, dout):
        self.d_gamma = (dout * self.x_hat).sum(axis=(0, 1))
        self.d_beta = dout.sum(axis=(0, 1))
        dx_hat = dout * self.gamma
        inner = dx_hat - dx_hat.mean(-1, keepdims=True) - self.x_hat * (dx_hat * self.x_hat).mean(-1, keepdims=True)
        return inner / self.std


class FeedForward:
    def __init__(self, d_model, d_ff, rng):
        self.W1 = rng.standard_normal((d_model, d_ff)) * np.sqrt(2 / d_model)
        self.b1 = np.zeros(d_ff)
        self.W2 = rng.standard_normal((d_ff, d_model)) * np.sqrt(2 / d_ff)
        self.b2 = np.zeros(d_model)

    def forward(self, x):
        self.x = x
        self.hidden = np.maximum(0, x @ self.W1 + self.b1)
        return self.hidden @ self.W2 + self.b2

    def backward(self, dout):
        self.dW2 = np.einsum("bth,btd->hd", self.hidden, dout)
        self.db2 = dout.sum(axis=(0, 1))
        d_hidden = (dout @ self.W2.T) * (self.hidden > 0)
        self.dW1 = np.einsum("btd,bth->dh", self.x, d_hidden)
        self.db1 = d_hidden.sum(axis=(0, 1))
        return d_hidden @ self.W1.T


class EncoderBlock:
    def __init__(self, seq_len, d_model, d_ff, seed=0):
        rng = np.random.default_rng(seed)
        self.Wm = rng.standard_normal((seq_len, seq_len)) / np.sqrt(seq_len)
        self.norm1, self.norm2 = LayerNorm(d_model), LayerNorm(d_model)
        self.ff = FeedForward(d_model, d_ff, rng)

    def forward(self, x):
        self.x = x
        mixed = self.Wm @ x
        self.z = self.norm1.forward(x + mixed)
        return self.norm2.forward(self.z + self.ff.forward(self.z))

    def backward(self, dout):
        d_sum2 = self.norm2.backward(dout)
        d_z = self.ff.backward(d_sum2)
        d_sum1 = self.norm1.backward(d_z)
        self.dWm = np.einsum("btd,bsd->ts", d_sum1, self.x)
        return d_sum1 + self.Wm.T @ d_sum1


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    block = EncoderBlock(seq_len=4, d_model=6, d_ff=10)
    x, goal = rng.standard_normal((3, 4, 6)), rng.standard_normal((3, 4, 6))
    for step in range(50):
        out = block.forward(x)
        block.backward((out - goal) / len(x))
        block.Wm -= 0.05 * block.dWm
        block.ff.W1 -= 0.05 * block.ff.dW1
        block.ff.W2 -= 0.05 * block.ff.dW2
    print(0.5 * np.sum((out - goal) ** 2) / len(x))
