"""Truth: RIGHT. Skip gram with noise words, a loss function of a batch that gives its gradients in a dictionary."""
import numpy as np

corpus = ("we like green tea and they like black tea we drink tea in the morning "
          "they drink coffee in the evening and like black coffee").split()
vocab = sorted(set(corpus))
word2id = {w: i for i, w in enumerate(vocab)}
ids = np.array([word2id[w] for w in corpus])
V, D, K = len(vocab), 10, 4


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def make_pairs(ids, window=2):
    pairs = []
    for i, center in enumerate(ids):
        for j in range(max(0, i - window), min(len(ids), i + window + 1)):
            if j != i:
                pairs.append((center, ids[j]))
    return np.array(pairs)


def sgns_loss(W_in, W_out, center, context, noise):
    B = len(center)
    v = W_in[center]
    u_pos = W_out[context]
    u_neg = W_out[noise]
    s_pos = sigmoid(np.sum(v * u_pos, axis=1))
    s_neg = sigmoid(-np.einsum("bd,bkd->bk", v, u_neg))
    loss = -(np.sum(np.log(s_pos)) + np.sum(np.log(s_neg))) / B

    d_pos = (s_pos - 1) / B
    d_neg = (1 - s_neg) / B
    dv = d_pos[:, None] * u_pos + np.einsum("bk,bkd->bd", d_neg, u_neg)
    dW_in = np.zeros_like(W_in)
    dW_out = np.zeros_like(W_out)
    np.add.at(dW_in, center, dv)
    np.add.at(dW_out, context, d_pos[:, None] * v)
    np.add.at(dW_out, noise, d_neg[:, :, None] * v[:, None, :])
    return loss, {"W_in": dW_in, "W_out": dW_out}


if __name__ == "__main__":
    rng = np.random.default_rng(13)
    W_in = rng.normal(0, 0.1, (V, D))
    W_out = rng.normal(0, 0.1, (V, D))
    pairs = make_pairs(ids)
    freq = np.bincount(ids, minlength=V) ** 0.75
    for epoch in range(60):
        rng.shuffle(pairs)
        total = 0.0
        for k in range(0, len(pairs), 16):
            batch = pairs[k:k + 16]
            noise = rng.choice(V, size=(len(batch), K), p=freq / freq.sum())
            loss, grads = sgns_loss(W_in, W_out, batch[:, 0], batch[:, 1], noise)
            W_in -= 0.5 * grads["W_in"]
            W_out -= 0.5 * grads["W_out"]
            total += loss * len(batch)
        if epoch % 20 == 0:
            print("epoch", epoch, "loss", total / len(pairs))
