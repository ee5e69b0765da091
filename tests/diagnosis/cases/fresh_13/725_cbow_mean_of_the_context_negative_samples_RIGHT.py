"""Truth: RIGHT. Continuous bag of words with the mean of the context: the error of the mean is divided by the number of words in it, a word
may stand in the context twice, and g = label - p goes uphill, so that the gradients that are returned have a minus.
"""
import numpy as np


def sigma(x):
    return 1 / (1 + np.exp(-x))


def cbow_negative_sampling(context, center, negatives, syn0, syn1neg):
    """ context: list of ids, negatives: list of ids.
    Returns the cost, and its gradients by syn0 and syn1neg """
    l1 = np.mean(syn0[context], axis=0)
    word_indices = [center] + list(negatives)
    labels = np.zeros(len(word_indices))
    labels[0] = 1
    l2b = syn1neg[word_indices]
    fb = sigma(np.dot(l2b, l1))
    cost = -np.log(fb[0]) - np.sum(np.log(1 - fb[1:]))

    gb = labels - fb  # the error, not yet times a rate
    neu1e = np.dot(gb, l2b)
    d_syn1neg = np.zeros_like(syn1neg)
    np.subtract.at(d_syn1neg, word_indices, np.outer(gb, l1))
    d_syn0 = np.zeros_like(syn0)
    neu1e /= len(context)
    for i in context:
        d_syn0[i] -= neu1e
    return cost, d_syn0, d_syn1neg


text = ("a cat sat on a mat and a dog sat on a log and a cat and a dog sat on a mat").split()
vocab = {w: i for i, w in enumerate(dict.fromkeys(text))}
ids = [vocab[w] for w in text]

if __name__ == "__main__":
    rng = np.random.default_rng(0)
    V, size, window, negative = len(vocab), 6, 2, 3
    syn0 = (rng.random((V, size)) - 0.5) / size
    syn1neg = np.zeros((V, size))
    for epoch in range(40):
        total = 0
        for pos, center in enumerate(ids):
            context = ids[max(0, pos - window):pos] + ids[pos + 1:pos + 1 + window]
            negatives = rng.choice([i for i in range(V) if i != center], negative)
            cost, d0, d1 = cbow_negative_sampling(context, center, negatives, syn0, syn1neg)
            syn0 -= 0.2 * d0
            syn1neg -= 0.2 * d1
            total += cost
        if epoch % 10 == 0:
            print(epoch, total / len(ids))
