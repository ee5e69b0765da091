"""Truth: everything in it is right. Functional style: parameters are namedtuples, the tape is a namedtuple, targets are indices,
word inputs are looked up and scattered back with np.add.at."""
from collections import namedtuple

import numpy as np

Params = namedtuple("Params", "emb hid_w hid_b out_w out_b")
Tape = namedtuple("Tape", "ids flat hid probs targets")


def create(vocab, dim, context, hidden, rng):
    return Params(
        emb=rng.normal(0, 0.3, (vocab, dim)),
        hid_w=rng.normal(0, 0.3, (context * dim, hidden)),
        hid_b=np.zeros(hidden),
        out_w=rng.normal(0, 0.3, (hidden, vocab)),
        out_b=np.zeros(vocab),
    )


def value(p, ids, targets, decay=1e-3):
    flat = p.emb[ids].reshape(len(ids), -1)
    hid = np.tanh(flat @ p.hid_w + p.hid_b)
    logits = hid @ p.out_w + p.out_b
    logits -= logits.max(axis=1, keepdims=True)
    probs = np.exp(logits)
    probs /= probs.sum(axis=1, keepdims=True)
    nll = -np.log(probs[np.arange(len(ids)), targets]).mean()
    penalty = 0.5 * decay * (np.sum(p.hid_w ** 2) + np.sum(p.out_w ** 2))
    return nll + penalty, Tape(ids, flat, hid, probs, targets)


def gradient(p, tape, decay=1e-3):
    n = len(tape.ids)
    d_logits = tape.probs.copy()
    d_logits[np.arange(n), tape.targets] -= 1
    d_logits /= n
    d_hid = (d_logits @ p.out_w.T) * (1 - tape.hid ** 2)
    d_rows = (d_hid @ p.hid_w.T).reshape(*tape.ids.shape, p.emb.shape[1])
    d_emb = np.zeros_like(p.emb)
    np.add.at(d_emb, tape.ids, d_rows)
    return Params(
        emb=d_emb,
        hid_w=tape.flat.T @ d_hid + decay * p.hid_w,
        hid_b=d_hid.sum(axis=0),
        out_w=tape.hid.T @ d_logits + decay * p.out_w,
        out_b=d_logits.sum(axis=0),
    )


if __name__ == "__main__":
    text = "abcabdabeabcabdabe" * 3
    letters = sorted(set(text))
    codes = np.array([letters.index(c) for c in text])
    ids = np.stack([codes[i:len(codes) - 3 + i] for i in range(3)], axis=1)
    targets = codes[3:]
    p = create(len(letters), 4, 3, 10, np.random.default_rng(0))
    for it in range(150):
        loss, tape = value(p, ids, targets)
        g = gradient(p, tape)
        p = Params(*(a - 0.5 * b for a, b in zip(p, g)))
    print("loss", loss)
