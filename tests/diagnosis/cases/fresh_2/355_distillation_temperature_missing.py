"""Truth: the logits are divided by T, the gradient is not."""
import numpy as np


def distillation_loss(logits, teacher, T=2.5):
    """teacher: probabilities. Returns the loss and its gradient by the logits."""
    z = logits / T
    z = z - z.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    n = logits.shape[0]
    loss = -(teacher * np.log(p)).sum() / n
    dlogits = (p - teacher) / n
    return loss, dlogits
