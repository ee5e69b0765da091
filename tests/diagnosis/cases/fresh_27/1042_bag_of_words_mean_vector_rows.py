"""Truth: the sentence vector is the MEAN of its words' vectors, but every word's row gets the whole gradient of it (1 / length
is missing). A fastText-like classifier: long sentences throw the vectors about, short ones are fine.
"""
import numpy as np


def softmax(s):
    e = np.exp(s - s.max())
    return e / e.sum()


def forward(params, words):
    E, W, b = params["E"], params["W"], params["b"]
    h = E[words].mean(axis=0)
    return h, softmax(h @ W + b)


def loss_and_grads(params, sentences, labels):
    """Mean cross-entropy of a list of sentences (lists of word numbers) and the gradients."""
    grads = {name: np.zeros_like(p) for name, p in params.items()}
    loss = 0.0
    n = len(sentences)
    for words, label in zip(sentences, labels):
        h, p = forward(params, words)
        loss -= np.log(p[label]) / n
        ds = p.copy()
        ds[label] -= 1
        ds /= n
        grads["W"] += np.outer(h, ds)
        grads["b"] += ds
        dh = params["W"] @ ds
        np.add.at(grads["E"], words, dh)
    return loss, grads


if __name__ == "__main__":
    rng = np.random.default_rng(5)
    params = {"E": 0.5 * rng.standard_normal((9, 4)), "W": 0.5 * rng.standard_normal((4, 3)), "b": np.zeros(3)}
    sentences = [[1, 4, 4], [2, 0, 5, 7], [8, 3], [6, 1, 2, 2, 5]]
    labels = [0, 2, 1, 2]
    for epoch in range(20):
        loss, grads = loss_and_grads(params, sentences, labels)
        for name in params:
            params[name] -= 0.5 * grads[name]
    print(loss)
