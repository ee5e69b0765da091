"""Formulas of kernels, as their mathematics has them. docs/which-tolerance.md and tests/rounding use them."""

import numpy as np

BLOCK = 16


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def attention(q, k, v):
    """Attention of one head: q (queries, d), k and v (keys, d)."""
    return softmax((q @ k.T) * (1 / np.sqrt(q.shape[-1]))) @ v


def online_attention(q, k, v):
    """The same with an online softmax: block after block of keys, nothing of the size queries x keys is kept."""
    scale = 1 / np.sqrt(q.shape[-1])
    top = weight = total = None
    for start in range(0, k.shape[0], BLOCK):
        scores = (q @ k[start : start + BLOCK].T) * scale
        new = scores.max(axis=-1, keepdims=True)
        if top is not None:
            new = np.maximum(top, new)
        e = np.exp(scores - new)
        own_weight, own_total = e.sum(axis=-1, keepdims=True), e @ v[start : start + BLOCK]
        if top is not None:
            shrunk = np.exp(top - new)
            own_weight, own_total = weight * shrunk + own_weight, total * shrunk + own_total
        top, weight, total = new, own_weight, own_total
    return total / weight


def layer_norm(x, gamma, beta):
    d = x - x.mean(axis=-1, keepdims=True)
    return gamma * (d / np.sqrt((d * d).mean(axis=-1, keepdims=True) + 2**-10)) + beta


def one_pass_layer_norm(x, gamma, beta):
    """The same with E[x^2] - E[x]^2, as kernels do to read x only once."""
    mean = x.mean(axis=-1, keepdims=True)
    variance = (x * x).mean(axis=-1, keepdims=True) - mean * mean
    return gamma * ((x - mean) / np.sqrt(variance + 2**-10)) + beta


def cross_entropy(z, labels):
    """Fused softmax and cross-entropy of integer labels: log(sum(exp(z))) - z_label."""
    top = z.max(axis=-1, keepdims=True)
    log_sum = np.log(np.exp(z - top).sum(axis=-1, keepdims=True)) + top
    return (log_sum - np.take_along_axis(z, labels[:, None], axis=-1))[:, 0]


def unfused_cross_entropy(z, labels):
    """The same by way of probabilities."""
    return -np.log(np.take_along_axis(softmax(z), labels[:, None], axis=-1))[:, 0]


def dot(x, y):
    return np.dot(x, y)


def adam(gradient, weight, m, v):
    """Adam's third step, beta_1 0.875, beta_2 1 - 2**-7, learning rate 2**-4, epsilon 2**-20 outside the root."""
    m = 0.875 * m + 0.125 * gradient
    v = (1 - 2**-7) * v + 2**-7 * (gradient * gradient)
    m_hat, v_hat = m / (1 - 0.875**3), v / (1 - (1 - 2**-7) ** 3)
    return weight - 2**-4 * (m_hat / (np.sqrt(v_hat) + 2**-20))


def leaky_product(a, b):
    """leaky_relu(a @ b), the matrix product of the Triton tutorial."""
    c = a @ b
    return np.where(c >= 0, c, 0.01 * c)


def batch_norm(x, beta):
    """Batch normalization in training, as the paper has it."""
    d = x - x.mean(axis=0)
    return d / np.sqrt((d * d).mean(axis=0) + 2**-10) + beta


def folded_batch_norm(x, beta):
    """The same as Keras computes it: x r + (beta - mean r), r = (variance + epsilon)^(-1/2)."""
    mean = x.mean(axis=0)
    d = x - mean
    r = ((d * d).mean(axis=0) + 2**-10) ** -0.5
    return x * r + (beta - mean * r)
