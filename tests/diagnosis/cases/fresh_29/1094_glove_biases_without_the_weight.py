"""Truth: the weight f(x) of a pair is missing in the gradients of the two biases. Word vectors from counts; the biases of rare words
run away while the vectors look good. Should the biases have a learning rate of their own?
"""
import numpy as np


def weighting(counts, x_max=10.0, alpha=0.75):
    return np.where(counts < x_max, (counts / x_max) ** alpha, 1.0)


def glove_cost_and_grads(W_main, W_context, b_main, b_context, pairs, counts):
    """pairs: (n, 2) numbers of words, counts: (n,) how often they stand together"""
    i, j = pairs[:, 0], pairs[:, 1]
    f = weighting(counts)
    inner = np.sum(W_main[i] * W_context[j], axis=1) + b_main[i] + b_context[j] - np.log(counts)
    cost = 0.5 * np.sum(f * inner ** 2)

    grad_main, grad_context = np.zeros_like(W_main), np.zeros_like(W_context)
    grad_b_main, grad_b_context = np.zeros_like(b_main), np.zeros_like(b_context)
    weighted = (f * inner)[:, None]
    np.add.at(grad_main, i, weighted * W_context[j])
    np.add.at(grad_context, j, weighted * W_main[i])
    np.add.at(grad_b_main, i, inner)
    np.add.at(grad_b_context, j, inner)
    return cost, grad_main, grad_context, grad_b_main, grad_b_context


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    vocab, dim = 6, 3
    pairs = np.array([(a, b) for a in range(vocab) for b in range(vocab) if a != b])
    counts = rng.integers(1, 20, len(pairs)).astype(float)
    params = [rng.normal(0, 0.3, (vocab, dim)), rng.normal(0, 0.3, (vocab, dim)), np.zeros(vocab), np.zeros(vocab)]
    for step in range(100):
        cost, *grads = glove_cost_and_grads(*params, pairs, counts)
        for p, g in zip(params, grads):
            p -= 0.05 * g
        if step % 25 == 0:
            print(step, cost)
