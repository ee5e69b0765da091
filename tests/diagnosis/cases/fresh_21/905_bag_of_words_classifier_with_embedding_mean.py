"""Truth: a word that occurs twice gets its gradient once. A classifier of short texts: the mean of embeddings, a softmax, a class with train_step."""
import numpy as np


class TextClassifier:
    def __init__(self, vocab_size, embed_dim, n_classes, lr=0.5):
        self.E = np.random.randn(vocab_size, embed_dim) * 0.5
        self.W = np.random.randn(embed_dim, n_classes) * 0.5
        self.b = np.zeros(n_classes)
        self.lr = lr

    def forward(self, ids):
        # ids: (batch, words)
        self.ids = ids
        self.emb = self.E[ids]
        self.pooled = self.emb.mean(axis=1)
        logits = self.pooled.dot(self.W) + self.b
        logits = logits - logits.max(axis=1, keepdims=True)
        p = np.exp(logits)
        self.probs = p / p.sum(axis=1, keepdims=True)
        return self.probs

    def loss(self, labels):
        return -np.mean(np.log(self.probs[np.arange(len(labels)), labels]))

    def backward(self, labels):
        batch, n_words = self.ids.shape
        dlogits = self.probs.copy()
        dlogits[np.arange(batch), labels] -= 1
        dlogits /= batch
        self.dW = self.pooled.T.dot(dlogits)
        self.db = dlogits.sum(axis=0)
        dpooled = dlogits.dot(self.W.T)
        demb = np.repeat(dpooled[:, None, :] / n_words, n_words, axis=1)
        self.dE = np.zeros_like(self.E)
        self.dE[self.ids] += demb

    def train_step(self, ids, labels):
        self.forward(ids)
        loss = self.loss(labels)
        self.backward(labels)
        self.E -= self.lr * self.dE
        self.W -= self.lr * self.dW
        self.b -= self.lr * self.db
        return loss


texts = ["good good film", "bad bad film", "a good story", "a bad story", "so good good", "so very bad"]
labels = np.array([1, 0, 1, 0, 1, 0])
vocab = {w: i for i, w in enumerate(sorted(set(" ".join(texts).split())))}
ids = np.array([[vocab[w] for w in t.split()] for t in texts])

if __name__ == "__main__":
    np.random.seed(4)
    clf = TextClassifier(len(vocab), 5, 2)
    for epoch in range(60):
        loss = clf.train_step(ids, labels)
        if epoch % 20 == 0:
            print("epoch", epoch, "loss", loss)
    print(clf.forward(ids).argmax(axis=1))
