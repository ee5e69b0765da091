"""Truth: a word that comes twice. Assignment functions for captions: a vanilla RNN over batches, word embedding, temporal affine, softmax."""
import numpy as np


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = np.tanh(x.dot(Wx) + prev_h.dot(Wh) + b)
    cache = (x, prev_h, Wx, Wh, next_h)
    return next_h, cache


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    dz = dnext_h * (1 - next_h ** 2)
    dx = dz.dot(Wx.T)
    dprev_h = dz.dot(Wh.T)
    dWx = x.T.dot(dz)
    dWh = prev_h.T.dot(dz)
    db = dz.sum(axis=0)
    return dx, dprev_h, dWx, dWh, db


def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    H = h0.shape[1]
    h = np.zeros((N, T, H))
    cache = []
    prev_h = h0
    for t in range(T):
        prev_h, c = rnn_step_forward(x[:, t, :], prev_h, Wx, Wh, b)
        h[:, t, :] = prev_h
        cache.append(c)
    return h, cache


def rnn_backward(dh, cache):
    N, T, H = dh.shape
    x0 = cache[0][0]
    D = x0.shape[1]
    dx = np.zeros((N, T, D))
    dWx, dWh, db = np.zeros((D, H)), np.zeros((H, H)), np.zeros(H)
    dprev = np.zeros((N, H))
    for t in reversed(range(T)):
        dx[:, t, :], dprev, dWx_t, dWh_t, db_t = rnn_step_backward(dh[:, t, :] + dprev, cache[t])
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
    dh0 = dprev
    return dx, dh0, dWx, dWh, db


def word_embedding_forward(x, W):
    out = W[x]
    cache = (x, W.shape)
    return out, cache


def word_embedding_backward(dout, cache):
    x, shape = cache
    dW = np.zeros(shape)
    dW[x] += dout
    return dW


def temporal_affine_forward(x, w, b):
    N, T, D = x.shape
    M = b.shape[0]
    out = x.reshape(N * T, D).dot(w).reshape(N, T, M) + b
    cache = x, w, b
    return out, cache


def temporal_affine_backward(dout, cache):
    x, w, b = cache
    N, T, D = x.shape
    M = b.shape[0]
    dx = dout.reshape(N * T, M).dot(w.T).reshape(N, T, D)
    dw = dout.reshape(N * T, M).T.dot(x.reshape(N * T, D)).T
    db = dout.sum(axis=(0, 1))
    return dx, dw, db


def temporal_softmax_loss(x, y):
    N, T, V = x.shape
    x_flat = x.reshape(N * T, V)
    y_flat = y.reshape(N * T)
    probs = np.exp(x_flat - np.max(x_flat, axis=1, keepdims=True))
    probs /= np.sum(probs, axis=1, keepdims=True)
    loss = -np.sum(np.log(probs[np.arange(N * T), y_flat])) / N
    dx_flat = probs.copy()
    dx_flat[np.arange(N * T), y_flat] -= 1
    dx_flat /= N
    return loss, dx_flat.reshape(N, T, V)


if __name__ == "__main__":
    np.random.seed(231)
    V, D, H, N = 11, 8, 10, 5
    captions = np.random.randint(V, size=(N, 7))
    captions_in, captions_out = captions[:, :-1], captions[:, 1:]
    We = 0.1 * np.random.randn(V, D)
    Wx = np.random.randn(D, H) / np.sqrt(D)
    Wh = np.random.randn(H, H) / np.sqrt(H)
    b = np.zeros(H)
    Wv = np.random.randn(H, V) / np.sqrt(H)
    bv = np.zeros(V)
    h0 = np.zeros((N, H))
    for it in range(50):
        words, cache_e = word_embedding_forward(captions_in, We)
        h, cache_r = rnn_forward(words, h0, Wx, Wh, b)
        scores, cache_a = temporal_affine_forward(h, Wv, bv)
        loss, dscores = temporal_softmax_loss(scores, captions_out)
        dh, dWv, dbv = temporal_affine_backward(dscores, cache_a)
        dwords, dh0, dWx, dWh, db = rnn_backward(dh, cache_r)
        dWe = word_embedding_backward(dwords, cache_e)
        for p, dp in ((We, dWe), (Wx, dWx), (Wh, dWh), (b, db), (Wv, dWv), (bv, dbv)):
            p -= 0.1 * dp
        h0 = np.zeros((N, H))
        if it % 10 == 0:
            print("iteration %d: loss %f" % (it, loss))
