"""Truth: everything in it is right. Multi-head self-attention and layer norm where each product is an einsum."""
import numpy as np

es = np.einsum


def attention(x, Wq, Wk, Wv, Wo):
    """x: (b, t, e); Wq, Wk, Wv: (h, e, d); Wo: (h, d, e)"""
    scale = Wq.shape[-1] ** -0.5
    q = es("bte,hed->bhtd", x, Wq)
    k = es("bte,hed->bhtd", x, Wk)
    v = es("bte,hed->bhtd", x, Wv)
    s = es("bhtd,bhsd->bhts", q, k) * scale
    s = np.exp(s - s.max(-1, keepdims=True))
    p = s / s.sum(-1, keepdims=True)
    o = es("bhts,bhsd->bhtd", p, v)
    y = es("bhtd,hde->bte", o, Wo)
    return y, (x, Wq, Wk, Wv, Wo, q, k, v, p, o, scale)


def attention_backward(dy, saved):
    x, Wq, Wk, Wv, Wo, q, k, v, p, o, scale = saved
    dWo = es("bhtd,bte->hde", o, dy)
    do = es("bte,hde->bhtd", dy, Wo)
    dp = es("bhtd,bhsd->bhts", do, v)
    dv = es("bhts,bhtd->bhsd", p, do)
    ds = p * (dp - es("bhts,bhts->bht", p, dp)[..., None])
    dq = es("bhts,bhsd->bhtd", ds, k) * scale
    dk = es("bhts,bhtd->bhsd", ds, q) * scale
    dWq = es("bte,bhtd->hed", x, dq)
    dWk = es("bte,bhtd->hed", x, dk)
    dWv = es("bte,bhtd->hed", x, dv)
    dx = es("bhtd,hed->bte", dq, Wq) + es("bhtd,hed->bte", dk, Wk) + es("bhtd,hed->bte", dv, Wv)
    return dx, dWq, dWk, dWv, dWo


def layer_norm(x, gain, shift, eps=1e-5):
    mu = x.mean(-1, keepdims=True)
    inv = 1 / np.sqrt(x.var(-1, keepdims=True) + eps)
    n = (x - mu) * inv
    return gain * n + shift, (n, inv, gain)


def layer_norm_backward(dy, saved):
    n, inv, gain = saved
    dgain = es("bte,bte->e", dy, n)
    dshift = es("bte->e", dy)
    g = dy * gain
    dx = inv * (g - g.mean(-1, keepdims=True) - n * (g * n).mean(-1, keepdims=True))
    return dx, dgain, dshift


if __name__ == "__main__":
    r = np.random.default_rng(12)
    x = r.normal(size=(2, 5, 8))
    Ws = [r.normal(size=(2, 8, 4)) * 0.3 for _ in range(3)] + [r.normal(size=(2, 4, 8)) * 0.3]
    n, s1 = layer_norm(x, np.ones(8), np.zeros(8))
    y, s2 = attention(n, *Ws)
    dn, *dWs = attention_backward(y - x, s2)
    dx, dg, db = layer_norm_backward(dn, s1)
    print(dx.shape, [w.shape for w in dWs], dg.shape, db.shape)
