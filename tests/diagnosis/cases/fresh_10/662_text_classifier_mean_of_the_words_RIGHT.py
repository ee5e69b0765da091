"""Truth: RIGHT. 'A word that occurs twice must be counted twice': np.add.at does. Documents of words as integers, the mean of their vectors,
a softmax; the loss is the mean over the documents.
"""
import numpy as np


class FastText:
    def __init__(self, vocab_size=8, dim=4, n_classes=3, seed=3):
        rng = np.random.RandomState(seed)
        self.embedding = rng.uniform(-1, 1, (vocab_size, dim))
        self.weight = rng.uniform(-1, 1, (dim, n_classes))

    def loss_and_gradients(self, documents, labels):
        """Documents: (batch, words) integers; labels: (batch,) integers."""
        batch, words = documents.shape
        hidden = np.mean(self.embedding[documents], axis=1)
        scores = hidden.dot(self.weight)
        scores = np.exp(scores - np.max(scores, axis=1, keepdims=True))
        probs = scores / np.sum(scores, axis=1, keepdims=True)
        loss = -np.mean(np.log(probs[range(batch), labels]))

        grad = probs.copy()
        grad[range(batch), labels] -= 1
        grad /= batch
        weight_grad = hidden.T.dot(grad)
        hidden_grad = grad.dot(self.weight.T)
        embedding_grad = np.zeros_like(self.embedding)
        np.add.at(embedding_grad, documents, np.repeat(hidden_grad[:, None, :] / words, words, axis=1))
        return loss, embedding_grad, weight_grad
