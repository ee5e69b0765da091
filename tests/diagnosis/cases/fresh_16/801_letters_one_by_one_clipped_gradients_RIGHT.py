"""Truth: RIGHT. A character network in columns with dictionaries of states; gradients are cut at 5 before they are handed back, which they
do not reach in a short text.
"""
import numpy as np

text = "pack my box with five dozen liquor jugs "
letters = sorted(set(text))
code = dict(zip(letters, range(len(letters))))
V, H, T = len(letters), 12, 8

rng = np.random.default_rng(42)
U = rng.normal(0, 0.1, (H, V))  # letter -> state
W = rng.normal(0, 0.1, (H, H))  # state -> state
O = rng.normal(0, 0.1, (V, H))  # state -> letter
b = np.zeros((H, 1))
c = np.zeros((V, 1))


def loss_and_gradients(letters_in, letters_out, state):
    x, h, p = {}, {-1: state}, {}
    loss = 0.0
    # forward in time
    for t, k in enumerate(letters_in):
        x[t] = np.eye(V)[:, [k]]
        h[t] = np.tanh(np.dot(U, x[t]) + np.dot(W, h[t - 1]) + b)
        scores = np.dot(O, h[t]) + c
        p[t] = np.exp(scores) / np.exp(scores).sum()
        loss -= np.log(p[t][letters_out[t], 0])
    # backward in time
    dU, dW, dO, db, dc = [np.zeros_like(a) for a in (U, W, O, b, c)]
    from_later = np.zeros_like(state)
    for t in range(len(letters_in) - 1, -1, -1):
        ds = p[t].copy()
        ds[letters_out[t]] -= 1
        dO += np.dot(ds, h[t].T)
        dc += ds
        da = (np.dot(O.T, ds) + from_later) * (1 - h[t] ** 2)
        dU += np.dot(da, x[t].T)
        dW += np.dot(da, h[t - 1].T)
        db += da
        from_later = np.dot(W.T, da)
    for g in (dU, dW, dO, db, dc):
        np.clip(g, -5, 5, out=g)
    return loss, (dU, dW, dO, db, dc), h[len(letters_in) - 1]


squares = [np.full_like(a, 1e-8) for a in (U, W, O, b, c)]
smooth = T * np.log(V)
for epoch in range(50):
    state = np.zeros((H, 1))
    for start in range(0, len(text) - T, T):
        piece = [code[s] for s in text[start:start + T + 1]]
        loss, grads, state = loss_and_gradients(piece[:-1], piece[1:], state)
        smooth = 0.95 * smooth + 0.05 * loss
        for a, g, s in zip((U, W, O, b, c), grads, squares):
            s += g * g
            a -= 0.1 * g / np.sqrt(s)
    if epoch % 10 == 0:
        print("epoch", epoch, "loss", round(float(smooth), 3))
