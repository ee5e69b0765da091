"""Truth: naive_softmax makes the centre word's gradient of the probabilities before the 1 of the outside word is taken off
(the outside vectors' is right); negative sampling is right. The gradient check fails at index (0, 0) of the vectors.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def naive_softmax(center, outside_idx, outside_vectors):
    y_hat = softmax(outside_vectors @ center)
    loss = -np.log(y_hat[outside_idx])

    grad_center = outside_vectors.T @ y_hat
    y_hat[outside_idx] -= 1
    grad_outside = np.outer(y_hat, center)
    return loss, grad_center, grad_outside


def negative_sampling(center, outside_idx, outside_vectors, negatives):
    u_o, u_k = outside_vectors[outside_idx], outside_vectors[negatives]
    s_o, s_k = sigmoid(u_o @ center), sigmoid(-u_k @ center)
    loss = -np.log(s_o) - np.sum(np.log(s_k))

    grad_center = (s_o - 1) * u_o + (1 - s_k) @ u_k
    grad_outside = np.zeros_like(outside_vectors)
    grad_outside[outside_idx] += (s_o - 1) * center
    for k, s in zip(negatives, s_k):
        grad_outside[k] += (1 - s) * center
    return loss, grad_center, grad_outside


if __name__ == "__main__":
    rng = np.random.default_rng(9)
    words = "the quick brown fox jumps over the lazy dog the fox sleeps".split()
    vocab = sorted(set(words))
    V, U = 0.3 * rng.standard_normal((2, len(vocab), 4))
    for epoch in range(30):
        total = 0
        for i in range(1, len(words)):
            c, o = vocab.index(words[i]), vocab.index(words[i - 1])
            loss, gc, gu = naive_softmax(V[c], o, U)
            V[c] -= 0.1 * gc
            U -= 0.1 * gu
            loss2, gc, gu = negative_sampling(V[c], o, U, np.array([0, 3, 3]))
            V[c] -= 0.1 * gc
            U -= 0.1 * gu
            total += loss + loss2
    print(total / len(words))
