"""Truth: the loss is the mean of two cross-entropies, of images among texts and of texts among images; the gradient of the logits takes
only the first (without its half's partner): (P - I) in place of ((P - I) + (R - I)) / 2. Both embeddings come as rows.
"""
import numpy as np


def softmax(s, axis):
    e = np.exp(s - s.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


class ClipLoss:
    def __init__(self, temperature=0.5):
        self.temperature = temperature

    def forward(self, image, text):
        self.image, self.text = image, text
        logits = image @ text.T / self.temperature
        self.by_row, self.by_column = softmax(logits, 1), softmax(logits, 0)
        of_images = -np.log(np.diag(self.by_row))
        of_texts = -np.log(np.diag(self.by_column))
        return (of_images.mean() + of_texts.mean()) / 2

    def backward(self):
        n = len(self.image)
        d_logits = (self.by_row - np.eye(n)) / n
        d_logits = d_logits / self.temperature
        return d_logits @ self.text, d_logits.T @ self.image
