"""Truth: the recurrent weights get the state of the same step instead of the one before."""
# character level RNN, trained on one silly sentence
import numpy as np

data = "the quick brown fox jumps over the lazy dog and the dog does not care "
chars = sorted(set(data))
char_to_ix = {c: k for k, c in enumerate(chars)}
vocab, hidden, seq_len = len(chars), 24, 10

rnd = np.random.RandomState(42)
U = rnd.randn(hidden, vocab) * 0.1    # input to hidden
W = rnd.randn(hidden, hidden) * 0.1   # hidden to hidden
V = rnd.randn(vocab, hidden) * 0.1    # hidden to output
b = np.zeros((hidden, 1))
c = np.zeros((vocab, 1))


def rnn_loss(inputs, targets, h0):
    x, s, p = {}, {-1: h0}, {}
    loss = 0
    for t, ix in enumerate(inputs):
        x[t] = np.zeros((vocab, 1))
        x[t][ix] = 1
        s[t] = np.tanh(U @ x[t] + W @ s[t - 1] + b)
        o = V @ s[t] + c
        e = np.exp(o - o.max())
        p[t] = e / e.sum()
        loss -= np.log(p[t][targets[t], 0])

    dU, dW, dV = np.zeros_like(U), np.zeros_like(W), np.zeros_like(V)
    db, dc = np.zeros_like(b), np.zeros_like(c)
    ds_next = np.zeros((hidden, 1))
    for t in range(len(inputs) - 1, -1, -1):
        do = p[t].copy()
        do[targets[t]] -= 1
        dV += do @ s[t].T
        dc += do
        ds = V.T @ do + ds_next
        da = (1 - s[t] ** 2) * ds
        dU += da @ x[t].T
        dW += da @ s[t].T
        db += da
        ds_next = W.T @ da
    for grad in (dU, dW, dV, db, dc):
        np.clip(grad, -5, 5, out=grad)
    return loss, dU, dW, dV, db, dc, s[len(inputs) - 1]


if __name__ == "__main__":
    memory = [np.zeros_like(q) for q in (U, W, V, b, c)]
    h = np.zeros((hidden, 1))
    pos, smooth = 0, -np.log(1.0 / vocab) * seq_len
    for n in range(300):
        if pos + seq_len + 1 >= len(data):
            pos, h = 0, np.zeros((hidden, 1))
        ins = [char_to_ix[ch] for ch in data[pos:pos + seq_len]]
        outs = [char_to_ix[ch] for ch in data[pos + 1:pos + seq_len + 1]]
        loss, dU, dW, dV, db, dc, h = rnn_loss(ins, outs, h)
        smooth = 0.99 * smooth + 0.01 * loss
        for q, g, mem in zip((U, W, V, b, c), (dU, dW, dV, db, dc), memory):
            mem += g * g
            q -= 0.1 * g / np.sqrt(mem + 1e-8)
        pos += seq_len
    print("smooth loss", smooth)
