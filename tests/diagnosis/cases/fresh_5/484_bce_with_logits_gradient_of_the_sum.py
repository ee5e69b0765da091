"""Truth: the loss is a mean, the gradient is that of the sum: / x.size is missing."""
import numpy as np


class BCEWithLogitsLoss:
    def __call__(self, logits, targets):
        return self.forward(logits, targets)

    def forward(self, logits, targets):
        self.logits = logits
        self.targets = targets
        loss = np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
        return loss.mean()

    def backward(self):
        probs = 1 / (1 + np.exp(-self.logits))
        return probs - self.targets
