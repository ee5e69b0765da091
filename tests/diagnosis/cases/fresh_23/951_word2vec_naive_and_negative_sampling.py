"""Truth: a negative word drawn twice gets its gradient once. word2vec with numpy: skip-gram, once with the whole softmax and once with negative samples."""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def naive_softmax_loss_and_grad(center_vec, outside_idx, outside_vecs):
    scores = outside_vecs @ center_vec
    y_hat = np.exp(scores - np.max(scores))
    y_hat /= y_hat.sum()
    loss = -np.log(y_hat[outside_idx])
    d = y_hat.copy()
    d[outside_idx] -= 1
    grad_center = outside_vecs.T @ d
    grad_outside = np.outer(d, center_vec)
    return loss, grad_center, grad_outside


def neg_sampling_loss_and_grad(center_vec, outside_idx, outside_vecs, neg_idx):
    # the same negative word may be drawn more than once
    u_o = outside_vecs[outside_idx]
    u_n = outside_vecs[neg_idx]
    p_o = sigmoid(u_o @ center_vec)
    p_n = sigmoid(-u_n @ center_vec)
    loss = -np.log(p_o) - np.sum(np.log(p_n))

    grad_center = (p_o - 1) * u_o + (1 - p_n) @ u_n
    grad_outside = np.zeros_like(outside_vecs)
    grad_outside[outside_idx] = (p_o - 1) * center_vec
    grad_outside[neg_idx] += np.outer(1 - p_n, center_vec)
    return loss, grad_center, grad_outside


if __name__ == "__main__":
    rng = np.random.RandomState(31)
    text = "we all live in a yellow submarine a yellow submarine a yellow submarine".split()
    words = sorted(set(text))
    ids = [words.index(w) for w in text]
    V, d = len(words), 5

    center, outside = rng.randn(V, d) * 0.3, rng.randn(V, d) * 0.3
    for epoch in range(10):
        total = 0
        for pos in range(1, len(ids) - 1):
            for o in (ids[pos - 1], ids[pos + 1]):
                loss, gc, go = naive_softmax_loss_and_grad(center[ids[pos]], o, outside)
                center[ids[pos]] -= 0.1 * gc
                outside -= 0.1 * go
                total += loss
    print("naive", total)

    center, outside = rng.randn(V, d) * 0.3, rng.randn(V, d) * 0.3
    for epoch in range(10):
        total = 0
        for pos in range(1, len(ids) - 1):
            for o in (ids[pos - 1], ids[pos + 1]):
                negs = rng.choice([w for w in range(V) if w != o], size=10)
                loss, gc, go = neg_sampling_loss_and_grad(center[ids[pos]], o, outside, negs)
                center[ids[pos]] -= 0.1 * gc
                outside -= 0.1 * go
                total += loss
    print("negative sampling", total)
