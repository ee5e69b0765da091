"""Truth: right. Losses of skip-gram words: softmax over all outside vectors and negative sampling with repeated samples, as an exercise asks for them."""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    x = x - np.max(x)
    return np.exp(x) / np.sum(np.exp(x))


def naive_softmax_loss_and_gradient(center_word_vec, outside_word_idx, outside_vectors):
    """center_word_vec: (D,), outside_vectors: (V, D), one row for each word"""
    y_hat = softmax(outside_vectors @ center_word_vec)
    loss = -np.log(y_hat[outside_word_idx])

    delta = y_hat.copy()
    delta[outside_word_idx] -= 1
    grad_center_vec = outside_vectors.T @ delta
    grad_outside_vecs = np.outer(delta, center_word_vec)
    return loss, grad_center_vec, grad_outside_vecs


def neg_sampling_loss_and_gradient(center_word_vec, outside_word_idx, outside_vectors, neg_sample_indices):
    """the same word may be drawn more than once"""
    u_o = outside_vectors[outside_word_idx]
    p_o = sigmoid(u_o @ center_word_vec)
    loss = -np.log(p_o)

    grad_center_vec = (p_o - 1) * u_o
    grad_outside_vecs = np.zeros_like(outside_vectors)
    grad_outside_vecs[outside_word_idx] += (p_o - 1) * center_word_vec
    for k in neg_sample_indices:
        u_k = outside_vectors[k]
        p_k = sigmoid(-u_k @ center_word_vec)
        loss -= np.log(p_k)
        grad_center_vec = grad_center_vec + (1 - p_k) * u_k
        grad_outside_vecs[k] += (1 - p_k) * center_word_vec
    return loss, grad_center_vec, grad_outside_vecs


def main():
    np.random.seed(31)
    V, D = 8, 4
    center = np.random.randn(V, D) * 0.5
    outside = np.random.randn(V, D) * 0.5
    corpus = [0, 3, 1, 5, 0, 3, 2, 7, 4, 5, 0, 6]
    for epoch in range(10):
        total = 0.0
        for pos in range(1, len(corpus)):
            c, o = corpus[pos - 1], corpus[pos]
            negs = [int(i) for i in np.random.randint(0, V, 3) if i != o]
            loss, gc, go = neg_sampling_loss_and_gradient(center[c], o, outside, negs)
            center[c] -= 0.2 * gc
            outside -= 0.2 * go
            total += loss
        print("epoch", epoch, "loss", total / (len(corpus) - 1))
    print(naive_softmax_loss_and_gradient(center[0], 3, outside)[0])


if __name__ == "__main__":
    main()
