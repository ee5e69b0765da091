"""Truth: the embedding's way back sets the rows (a word that comes twice keeps its last gradient only) instead of adding to
them. Affine and the softmax loss are right. Why do frequent words hardly learn in my sentence classifier?
"""
import numpy as np


class Embedding:
    def __init__(self, W):
        self.params = [W]
        self.grads = [np.zeros_like(W)]
        self.idx = None

    def forward(self, idx):
        W, = self.params
        self.idx = idx
        return W[idx]

    def backward(self, dout):
        dW, = self.grads
        dW[...] = 0
        dW[self.idx] = dout
        return None


class Affine:
    def __init__(self, W, b):
        self.params = [W, b]
        self.grads = [np.zeros_like(W), np.zeros_like(b)]

    def forward(self, x):
        W, b = self.params
        self.x = x
        return np.dot(x, W) + b

    def backward(self, dout):
        W, b = self.params
        self.grads[0][...] = np.dot(self.x.T, dout)
        self.grads[1][...] = np.sum(dout, axis=0)
        return np.dot(dout, W.T)


class SoftmaxLoss:
    def forward(self, scores, labels):
        scores = scores - scores.max(axis=1, keepdims=True)
        p = np.exp(scores)
        self.p = p / p.sum(axis=1, keepdims=True)
        self.labels = labels
        return -np.mean(np.log(self.p[np.arange(len(labels)), labels]))

    def backward(self, dout=1):
        dx = self.p.copy()
        dx[np.arange(len(dx)), self.labels] -= 1
        return dx * dout / len(dx)


if __name__ == "__main__":
    rng = np.random.RandomState(2)
    sentences = np.array([[0, 3, 0, 5], [1, 1, 2, 4], [6, 0, 0, 2], [3, 4, 4, 1]])
    labels = np.array([0, 1, 0, 1])
    embed = Embedding(rng.randn(7, 5) * 0.1)
    affine = Affine(rng.randn(5, 2) * 0.1, np.zeros(2))
    last = SoftmaxLoss()
    for epoch in range(20):
        vectors = embed.forward(sentences)
        loss = last.forward(affine.forward(vectors.mean(axis=1)), labels)
        dmean = affine.backward(last.backward())
        embed.backward(np.repeat(dmean[:, None, :] / 4, 4, axis=1))
        for layer in (embed, affine):
            for p, g in zip(layer.params, layer.grads):
                p -= 0.5 * g
    print(loss)
