"""Truth: right. Causal attention of one head as a pair of functions with a cache, a softmax pair that it uses, and a check of shapes."""
import numpy as np


def softmax_forward(z):
    z = z - z.max(axis=-1, keepdims=True)
    e = np.exp(z)
    p = e / e.sum(axis=-1, keepdims=True)
    return p, p


def softmax_backward(dp, cache):
    p = cache
    return p * (dp - np.sum(dp * p, axis=-1, keepdims=True))


def attention_forward(x, Wq, Wk, Wv, Wo):
    """x is (batch, time, features)"""
    q = x @ Wq
    k = x @ Wk
    v = x @ Wv
    scale = 1.0 / np.sqrt(q.shape[-1])
    scores = q @ k.transpose(0, 2, 1) * scale
    T = x.shape[1]
    mask = np.triu(np.ones((T, T), dtype=bool), k=1)
    scores = np.where(mask, -1e9, scores)
    p, soft_cache = softmax_forward(scores)
    ctx = p @ v
    out = ctx @ Wo
    cache = (x, Wq, Wk, Wv, Wo, q, k, v, p, ctx, soft_cache, scale, mask)
    return out, cache


def attention_backward(dout, cache):
    x, Wq, Wk, Wv, Wo, q, k, v, p, ctx, soft_cache, scale, mask = cache
    dWo = np.einsum("bth,btd->hd", ctx, dout)
    dctx = dout @ Wo.T
    dp = dctx @ v.transpose(0, 2, 1)
    dv = p.transpose(0, 2, 1) @ dctx
    dscores = softmax_backward(dp, soft_cache)
    dscores = np.where(mask, 0.0, dscores) * scale
    dq = dscores @ k
    dk = dscores.transpose(0, 2, 1) @ q
    dWq = np.einsum("btd,bth->dh", x, dq)
    dWk = np.einsum("btd,bth->dh", x, dk)
    dWv = np.einsum("btd,bth->dh", x, dv)
    dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
    return dx, dWq, dWk, dWv, dWo


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 5, 6))
    mats = [rng.normal(size=(6, 4)) * 0.4 for _ in range(3)] + [rng.normal(size=(4, 6)) * 0.4]
    out, cache = attention_forward(x, *mats)
    for name, g in zip(("dx", "dWq", "dWk", "dWv", "dWo"), attention_backward(np.ones_like(out), cache)):
        print(name, g.shape)
