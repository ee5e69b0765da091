"""Truth: the state the recurrent weight's gradient is made with. A loss function of a letter model over one piece of text."""
import numpy as np

text = "the cat sat on the mat and the rat sat on the cat "
letters = sorted(set(text))
index = {c: i for i, c in enumerate(letters)}
vocab, hidden = len(letters), 12
rng = np.random.RandomState(4)
Wxh = rng.randn(hidden, vocab) * 0.1
Whh = rng.randn(hidden, hidden) * 0.1
Why = rng.randn(vocab, hidden) * 0.1
bh = np.zeros((hidden, 1))
by = np.zeros((vocab, 1))


def loss_and_gradients(inputs, targets, hprev):
    xs, hs, ps = {}, {-1: np.copy(hprev)}, {}
    loss = 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((vocab, 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(Wxh @ xs[t] + Whh @ hs[t - 1] + bh)
        y = Why @ hs[t] + by
        e = np.exp(y - np.max(y))
        ps[t] = e / np.sum(e)
        loss += -np.log(ps[t][targets[t], 0])
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hprev)
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += dy @ hs[t].T
        dby += dy
        dh = Why.T @ dy + dhnext
        draw = (1 - hs[t] ** 2) * dh
        dbh += draw
        dWxh += draw @ xs[t].T
        dWhh += draw @ hs[t].T
        dhnext = Whh.T @ draw
    return loss, dWxh, dWhh, dWhy, dbh, dby, hs[len(inputs) - 1]


if __name__ == "__main__":
    h = np.zeros((hidden, 1))
    step, p = 10, 0
    for it in range(200):
        if p + step + 1 > len(text):
            h, p = np.zeros((hidden, 1)), 0
        inputs = [index[c] for c in text[p:p + step]]
        targets = [index[c] for c in text[p + 1:p + step + 1]]
        loss, dWxh, dWhh, dWhy, dbh, dby, h = loss_and_gradients(inputs, targets, h)
        for w, d in zip([Wxh, Whh, Why, bh, by], [dWxh, dWhh, dWhy, dbh, dby]):
            w -= 0.05 * np.clip(d, -5, 5)
        if it % 50 == 0:
            print("iter", it, "loss", loss)
        p += step
