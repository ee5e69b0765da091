"""Truth: RIGHT. Hierarchical softmax: the sign of every branch is +1 or -1, the probability of the path is a product of sigmoids, and the
gradient of each is (sigmoid(sign * score) - 1) * sign. Nodes occur once in a path, so they may be set by index.
"""
import heapq

import numpy as np


def huffman(counts):
    """ word -> (inner nodes from the root down, signs) """
    heap = [(c, i, i) for i, c in enumerate(counts)]
    heapq.heapify(heap)
    up, n = {}, len(counts)
    while len(heap) > 1:
        c1, _, left = heapq.heappop(heap)
        c2, _, right = heapq.heappop(heap)
        up[left], up[right] = (n, 1.0), (n, -1.0)
        heapq.heappush(heap, (c1 + c2, n, n))
        n += 1
    paths = []
    for word in range(len(counts)):
        nodes, signs, at = [], [], word
        while at in up:
            at, sign = up[at]
            nodes.append(at - len(counts))
            signs.append(sign)
        paths.append((np.array(nodes[::-1]), np.array(signs[::-1])))
    return paths


def path_loss_and_gradients(centre, nodes, signs, vectors, inner):
    """
    Minus the log-probability of one word, given the word in the middle.
    Returns loss, gradient of vectors, gradient of inner.
    """
    v = vectors[centre]
    u = inner[nodes]
    scores = signs * (u @ v)
    loss = np.log1p(np.exp(-scores)).sum()
    pull = (1 / (1 + np.exp(-scores)) - 1) * signs
    grad_vectors = np.zeros_like(vectors)
    grad_vectors[centre] = pull @ u
    grad_inner = np.zeros_like(inner)
    grad_inner[nodes] = np.outer(pull, v)
    return loss, grad_vectors, grad_inner


def window_loss_and_gradients(centre, outside, paths, vectors, inner):
    loss, grad_vectors, grad_inner = 0.0, np.zeros_like(vectors), np.zeros_like(inner)
    for word in outside:
        one, gv, gi = path_loss_and_gradients(centre, *paths[word], vectors, inner)
        loss += one
        grad_vectors += gv
        grad_inner += gi
    return loss, grad_vectors, grad_inner
