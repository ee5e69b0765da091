"""Truth: d/da = 2 (n - p) for triplets that count; the difference is the wrong way round. The other two are right. The loss
returns its gradients.
"""
import numpy as np


def triplet_loss(anchor, positive, negative, margin=1.0):
    d_pos = np.sum((anchor - positive) ** 2, axis=1)
    d_neg = np.sum((anchor - negative) ** 2, axis=1)
    hinge = d_pos - d_neg + margin
    loss = np.sum(np.maximum(hinge, 0))
    active = (hinge > 0).astype(float)[:, None]
    d_anchor = 2 * (positive - negative) * active
    d_positive = -2 * (anchor - positive) * active
    d_negative = 2 * (anchor - negative) * active
    return loss, (d_anchor, d_positive, d_negative)
