"""Truth: all right. Embedding with repeated ids, tanh RNN over time, dropout that lasts over time, softmax with loss;
params and grads in lists, gradients written in place. Should dt not be 1 / (1 - h_next ** 2)? (No.)
"""
import numpy as np


class TimeEmbedding:
    def __init__(self, W):
        self.params, self.grads = [W], [np.zeros_like(W)]

    def forward(self, xs):
        self.xs = xs
        return self.params[0][xs]

    def backward(self, dout):
        dW, = self.grads
        dW[...] = 0
        np.add.at(dW, self.xs, dout)


class TimeRNN:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]

    def forward(self, xs):
        Wx, Wh, b = self.params
        h = np.zeros((xs.shape[0], Wh.shape[0]))
        self.cache, hs = [], []
        for t in range(xs.shape[1]):
            h_next = np.tanh(h @ Wh + xs[:, t] @ Wx + b)
            self.cache.append((xs[:, t], h, h_next))
            hs.append(h_next)
            h = h_next
        return np.stack(hs, axis=1)

    def backward(self, dhs):
        Wx, Wh, b = self.params
        for g in self.grads:
            g[...] = 0
        dxs, dh = [], 0
        for (x, h_prev, h_next), from_above in zip(self.cache[::-1], dhs.swapaxes(0, 1)[::-1]):
            dt = (from_above + dh) * (1 - h_next ** 2)
            self.grads[0] += x.T @ dt
            self.grads[1] += h_prev.T @ dt
            self.grads[2] += dt.sum(axis=0)
            dh = dt @ Wh.T
            dxs.insert(0, dt @ Wx.T)
        return np.stack(dxs, axis=1)


class SoftmaxWithLoss:
    """xs (N, T, V), ts (N, T); places with ts == -1 do not count"""

    def forward(self, xs, ts):
        self.ts, self.use = ts, ts != -1
        e = np.exp(xs - xs.max(axis=-1, keepdims=True))
        self.ys = e / e.sum(axis=-1, keepdims=True)
        picked = np.take_along_axis(self.ys, np.maximum(ts, 0)[..., None], axis=-1)[..., 0]
        return -np.sum(np.log(picked) * self.use) / self.use.sum()

    def backward(self):
        onehot = np.eye(self.ys.shape[-1])[np.maximum(self.ts, 0)]
        return (self.ys - onehot) * self.use[..., None] / self.use.sum()


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    V, D, H, p = 7, 4, 5, 0.8
    embed = TimeEmbedding(rng.normal(0, 0.3, (V, D)))
    rnn = TimeRNN(rng.normal(0, 0.5, (D, H)), rng.normal(0, 0.4, (H, H)), np.zeros(H))
    out_W = rng.normal(0, 0.4, (H, V))
    loss_layer = SoftmaxWithLoss()
    ids = rng.integers(0, V, (6, 5))
    targets = (ids + 1) % V
    targets[:, 0] = -1
    for it in range(100):
        mask = (rng.random((6, 1, H)) < p) / p
        hs = rnn.forward(embed.forward(ids)) * mask
        loss = loss_layer.forward(hs @ out_W, targets)
        d = loss_layer.backward()
        d_out_W = np.tensordot(hs, d, axes=([0, 1], [0, 1]))
        embed.backward(rnn.backward(d @ out_W.T * mask))
        for layer in (embed, rnn):
            for w, g in zip(layer.params, layer.grads):
                w -= 0.5 * g
        out_W -= 0.5 * d_out_W
    print(loss)
