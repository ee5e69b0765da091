"""Truth: the vector in the middle, and the drawn words. Functions of a course exercise, one pair at a time, sigmoids of plus and minus
the product; a word can be drawn twice.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def neg_sampling_loss_and_gradient(center_vec, outside_idx, outside_vectors, neg_indices):
    """
    center_vec       (D,)    vector of the word in the middle
    outside_idx      int     the word that was seen beside it
    outside_vectors  (V, D)  vectors of all words as neighbours
    neg_indices      list    the drawn words, possibly with repetitions
    """
    u_o = outside_vectors[outside_idx]
    p_true = sigmoid(np.dot(u_o, center_vec))
    loss = -np.log(p_true)

    grad_center = (p_true - 1) * u_o
    grad_outside = np.zeros(outside_vectors.shape)
    grad_outside[outside_idx] += (p_true - 1) * center_vec

    for k in neg_indices:
        u_k = outside_vectors[k]
        p_neg = sigmoid(-np.dot(u_k, center_vec))
        loss -= np.log(p_neg)
        grad_center += (p_neg - 1) * u_k
        grad_outside[k] += (1 - p_neg) * center_vec

    return loss, grad_center, grad_outside


def sgd_over_corpus(corpus, vocabulary, dim=5, window=1, draws=3, lr=0.1, epochs=15, seed=31415):
    rng = np.random.default_rng(seed)
    number = {w: i for i, w in enumerate(vocabulary)}
    center = (rng.random((len(vocabulary), dim)) - 0.5) / dim
    outside = rng.normal(0, 0.1, (len(vocabulary), dim))
    for epoch in range(epochs):
        total = 0.0
        for pos, word in enumerate(corpus):
            for other in range(max(0, pos - window), min(len(corpus), pos + window + 1)):
                if other == pos:
                    continue
                c, o = number[word], number[corpus[other]]
                negatives = [int(k) for k in rng.integers(0, len(vocabulary), draws) if k != o]
                loss, g_c, g_o = neg_sampling_loss_and_gradient(center[c], o, outside, negatives)
                center[c] -= lr * g_c
                outside -= lr * g_o
                total += loss
        if epoch % 5 == 0:
            print("epoch %d loss %.3f" % (epoch, total))
    return center, outside


if __name__ == "__main__":
    lines = "red apple green apple red cherry green leaf red leaf yellow leaf yellow lemon green lemon".split()
    sgd_over_corpus(lines, sorted(set(lines)))
