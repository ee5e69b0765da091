"""Losses derived by their own arguments: by two functions, and by rows of a table."""
import numpy as np
def triplet_loss(anchor, positive, negative, margin=0.2):
    dp = np.sum((anchor-positive)**2, axis=1)
    dn = np.sum((anchor-negative)**2, axis=1)
    loss = np.maximum(dp - dn + margin, 0)
    return loss.mean()
def triplet_loss_grad(anchor, positive, negative, margin=0.2):
    dp = np.sum((anchor-positive)**2, axis=1)
    dn = np.sum((anchor-negative)**2, axis=1)
    active = (dp - dn + margin > 0)[:, None]/len(anchor)
    da = 2*(negative-positive)*active
    dpos = -2*(anchor-positive)*active
    dneg = 2*(anchor-negative)*active
    return da, dpos, dneg
def sigmoid(x): return 1/(1+np.exp(-x))
def neg_sampling_loss_and_gradient(center_vec, outside_idx, outside_vectors, neg_idx):
    uo = outside_vectors[outside_idx]
    un = outside_vectors[neg_idx]
    so = sigmoid(uo @ center_vec)
    sn = sigmoid(-un @ center_vec)
    loss = -np.log(so) - np.sum(np.log(sn))
    grad_center = (so-1)*uo + np.sum((1-sn)[:,None]*un, axis=0)
    grad_out = np.zeros_like(outside_vectors)
    grad_out[outside_idx] += (so-1)*center_vec
    np.add.at(grad_out, neg_idx, (1-sn)[:,None]*center_vec)
    return loss, grad_center, grad_out
