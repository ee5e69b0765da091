"""Truth: RIGHT. Skip-gram with negative samples: loss and the gradients of the centre, the context and the others."""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def neg_sampling_loss_and_gradient(center_vec, outside_idx, outside_vectors, negative_indices=(0, 3, 4)):
    """center_vec (d,), outside_vectors (words, d), outside_idx an integer. Returns loss, d(centre), d(outside)."""
    negatives = list(negative_indices)
    grad_outside = np.zeros_like(outside_vectors)
    u_o = outside_vectors[outside_idx]
    pos = sigmoid(u_o @ center_vec)
    loss = -np.log(pos)
    grad_center = (pos - 1) * u_o
    grad_outside[outside_idx] += (pos - 1) * center_vec
    for k in negatives:
        u_k = outside_vectors[k]
        s = sigmoid(-(u_k @ center_vec))
        loss = loss - np.log(s)
        grad_center = grad_center + (1 - s) * u_k
        grad_outside[k] += (1 - s) * center_vec
    return loss, grad_center, grad_outside
