"""Truth: the loss is a mean over the samples, its gradient is not. Sentiment of short reviews: mean of the word vectors, layer norm, linear, softmax."""
import numpy as np


class EmbeddingBag:
    def __init__(self, n_words, dim, rng):
        self.table = rng.normal(0, 0.5, (n_words, dim))

    def forward(self, docs):
        self.docs = docs
        return np.stack([self.table[d].mean(axis=0) for d in docs])

    def backward(self, dout):
        self.dtable = np.zeros_like(self.table)
        for d, row in zip(self.docs, dout):
            for w in d:
                self.dtable[w] += row / len(d)
        return self.dtable


class LayerNorm:
    def __init__(self, dim, eps=1e-5):
        self.g = np.ones(dim)
        self.b = np.zeros(dim)
        self.eps = eps

    def forward(self, x):
        mean = x.mean(axis=-1, keepdims=True)
        var = x.var(axis=-1, keepdims=True)
        self.rstd = 1 / np.sqrt(var + self.eps)
        self.xhat = (x - mean) * self.rstd
        return self.xhat * self.g + self.b

    def backward(self, dout):
        self.dg = (dout * self.xhat).sum(axis=0)
        self.db = dout.sum(axis=0)
        dxhat = dout * self.g
        return self.rstd * (dxhat - dxhat.mean(axis=-1, keepdims=True)
                            - self.xhat * (dxhat * self.xhat).mean(axis=-1, keepdims=True))


class Linear:
    def __init__(self, n_in, n_out, rng):
        self.W = rng.normal(0, n_in ** -0.5, (n_out, n_in))
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W.T + self.b

    def backward(self, dout):
        self.dW = dout.T @ self.x
        self.db = dout.sum(axis=0)
        return dout @ self.W


class SoftmaxCrossEntropy:
    def forward(self, logits, labels):
        self.labels = labels
        shifted = logits - logits.max(axis=1, keepdims=True)
        self.probs = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        return -np.log(self.probs[np.arange(len(labels)), labels]).mean()

    def backward(self):
        dlogits = self.probs.copy()
        dlogits[np.arange(len(self.labels)), self.labels] -= 1
        return dlogits


if __name__ == "__main__":
    rng = np.random.default_rng(77)
    docs = [[0, 1, 2], [3, 1, 3, 4], [2, 5], [0, 0, 6], [7, 3, 2], [5, 6, 1, 0]]
    labels = np.array([1, 0, 1, 1, 0, 1])
    bag, norm, head, loss_fn = EmbeddingBag(8, 6, rng), LayerNorm(6), Linear(6, 2, rng), SoftmaxCrossEntropy()
    for epoch in range(30):
        loss = loss_fn.forward(head.forward(norm.forward(bag.forward(docs))), labels)
        bag.backward(norm.backward(head.backward(loss_fn.backward())))
        bag.table -= 0.1 * bag.dtable
        norm.g -= 0.1 * norm.dg
        norm.b -= 0.1 * norm.db
        head.W -= 0.1 * head.dW
        head.b -= 0.1 * head.db
        if epoch % 10 == 0:
            print(epoch, loss)
