"""Truth: right. Losses that compare vectors: contrastive pairs with a margin, triplets, and one of many with a temperature; value and gradients together."""
import numpy as np
from typing import NamedTuple


class PairGrad(NamedTuple):
    left: np.ndarray
    right: np.ndarray


def contrastive_loss(u, v, same, margin=1.5):
    """same is 1 for pairs that belong together"""
    diff = u - v
    dist = np.sqrt((diff ** 2).sum(axis=1) + 1e-12)
    gap = np.maximum(margin - dist, 0)
    loss = np.mean(same * dist ** 2 + (1 - same) * gap ** 2)
    coef = 2 * same - 2 * (1 - same) * gap / dist
    grad = coef[:, None] * diff / len(u)
    return loss, PairGrad(grad, -grad)


def triplet_loss(anchor, pos, neg, alpha=0.5):
    dp = np.sum((anchor - pos) ** 2, axis=1)
    dn = np.sum((anchor - neg) ** 2, axis=1)
    raw = dp - dn + alpha
    loss = np.maximum(raw, 0).mean()
    active = (raw > 0)[:, None] / len(anchor)
    d_anchor = 2 * active * (neg - pos)
    d_pos = 2 * active * (pos - anchor)
    d_neg = 2 * active * (anchor - neg)
    return loss, d_anchor, d_pos, d_neg


def info_nce(query, key, temperature=0.2):
    """row i of key is the partner of row i of query"""
    n = query.shape[0]
    qn = np.linalg.norm(query, axis=1, keepdims=True)
    kn = np.linalg.norm(key, axis=1, keepdims=True)
    q, k = query / qn, key / kn
    logits = q @ k.T / temperature
    logits -= logits.max(axis=1, keepdims=True)
    p = np.exp(logits)
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(np.diag(p)).mean()

    dlogits = (p - np.eye(n)) / n / temperature
    dq = dlogits @ k
    dk = dlogits.T @ q
    dquery = (dq - q * np.sum(dq * q, axis=1, keepdims=True)) / qn
    dkey = (dk - k * np.sum(dk * k, axis=1, keepdims=True)) / kn
    return loss, dquery, dkey


if __name__ == '__main__':
    r = np.random.RandomState(0)
    a, b, c = r.randn(3, 6, 4) * 0.6
    for it in range(30):
        l1, g = contrastive_loss(a, b, np.array([1, 0, 1, 0, 0, 1]))
        l2, da, dp, dn = triplet_loss(a, b, c)
        l3, dq, dk = info_nce(a, b)
        a -= 0.1 * (g.left + da + dq)
        b -= 0.1 * (g.right + dp + dk)
        c -= 0.1 * dn
    print(l1, l2, l3)
