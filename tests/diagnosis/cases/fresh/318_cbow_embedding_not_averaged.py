"""Truth: the context is the mean of its embeddings; each of them gets the whole gradient, not its share."""
import numpy as np


class CBOW:
    def __init__(self, vocab=7, dim=4, seed=0):
        rng = np.random.default_rng(seed)
        self.E = rng.normal(0, 0.5, (vocab, dim))
        self.U = rng.normal(0, 0.5, (dim, vocab))

    def loss(self, context, target):
        """context: (batch, window) integers, target: (batch,) integers."""
        B, C = context.shape
        emb = self.E[context]
        h = emb.mean(axis=1)
        logits = h @ self.U
        logits -= logits.max(axis=1, keepdims=True)
        probs = np.exp(logits)
        probs /= probs.sum(axis=1, keepdims=True)
        loss = -np.log(probs[np.arange(B), target]).mean()

        dlogits = probs.copy()
        dlogits[np.arange(B), target] -= 1
        dlogits /= B
        dU = h.T @ dlogits
        dh = dlogits @ self.U.T
        dE = np.zeros_like(self.E)
        for c in range(C):
            np.add.at(dE, context[:, c], dh)
        return loss, {"E": dE, "U": dU}
