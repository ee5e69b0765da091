"""Truth: dC[Xb[k]] += demb[k] adds only ONCE to a row that occurs several times in a context (the last one
wins); a loop over j as well, or np.add.at, is needed.
"""
import numpy as np


class CharacterEmbedding:
    def __init__(self, vocab_size=5, n_embd=3):
        self.C = np.random.RandomState(1).randn(vocab_size, n_embd)

    def forward(self, Xb):
        """Xb: integers of shape (batch, block)."""
        self.Xb = Xb
        self.emb = self.C[Xb]
        return self.emb.reshape(Xb.shape[0], -1)

    def backward(self, dembcat):
        demb = dembcat.reshape(self.emb.shape)
        dC = np.zeros_like(self.C)
        for k in range(self.Xb.shape[0]):
            dC[self.Xb[k]] += demb[k]
        self.dC = dC
        return None
