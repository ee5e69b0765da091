"""Truth: the gradient of the lower state comes from the upper layer and from the next step; `dh1 = ` drops what dh1next holds. A model of
characters with two recurrent layers stacked, in one function for the loss and the gradients.
"""
import numpy as np

data = "the quick brown fox jumps over the lazy dog"
chars = sorted(set(data))
data_size, vocab_size = len(data), len(chars)
char_to_ix = {ch: i for i, ch in enumerate(chars)}

# hyperparameters
H1, H2 = 12, 10
seq_length = 8
learning_rate = 1e-1

rng = np.random.RandomState(0)
Wx1 = rng.randn(H1, vocab_size) * 0.1  # input to first hidden
Wh1 = rng.randn(H1, H1) * 0.1
b1 = np.zeros((H1, 1))
Wx2 = rng.randn(H2, H1) * 0.1  # first hidden to second
Wh2 = rng.randn(H2, H2) * 0.1
b2 = np.zeros((H2, 1))
Why = rng.randn(vocab_size, H2) * 0.1
by = np.zeros((vocab_size, 1))


def lossFun(inputs, targets, h1prev, h2prev):
    xs, h1, h2, ps = {}, {}, {}, {}
    h1[-1], h2[-1] = np.copy(h1prev), np.copy(h2prev)
    loss = 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((vocab_size, 1))
        xs[t][inputs[t]] = 1
        h1[t] = np.tanh(Wx1 @ xs[t] + Wh1 @ h1[t - 1] + b1)
        h2[t] = np.tanh(Wx2 @ h1[t] + Wh2 @ h2[t - 1] + b2)
        y = Why @ h2[t] + by
        ps[t] = np.exp(y) / np.sum(np.exp(y))
        loss += -np.log(ps[t][targets[t], 0])

    dWx1, dWh1, db1 = np.zeros_like(Wx1), np.zeros_like(Wh1), np.zeros_like(b1)
    dWx2, dWh2, db2 = np.zeros_like(Wx2), np.zeros_like(Wh2), np.zeros_like(b2)
    dWhy, dby = np.zeros_like(Why), np.zeros_like(by)
    dh1next, dh2next = np.zeros_like(h1[0]), np.zeros_like(h2[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += dy @ h2[t].T
        dby += dy
        # upper layer
        dh2 = Why.T @ dy + dh2next
        da2 = (1 - h2[t] * h2[t]) * dh2
        db2 += da2
        dWx2 += da2 @ h1[t].T
        dWh2 += da2 @ h2[t - 1].T
        dh2next = Wh2.T @ da2
        # lower layer
        dh1 = Wx2.T @ da2
        da1 = (1 - h1[t] * h1[t]) * dh1
        db1 += da1
        dWx1 += da1 @ xs[t].T
        dWh1 += da1 @ h1[t - 1].T
        dh1next = Wh1.T @ da1
    return loss, dWx1, dWh1, db1, dWx2, dWh2, db2, dWhy, dby, h1[len(inputs) - 1], h2[len(inputs) - 1]


if __name__ == "__main__":
    for it in range(50):
        a, b = np.zeros((H1, 1)), np.zeros((H2, 1))
        for p in range(0, data_size - seq_length - 1, seq_length):
            inputs = [char_to_ix[ch] for ch in data[p:p + seq_length]]
            targets = [char_to_ix[ch] for ch in data[p + 1:p + seq_length + 1]]
            loss, *grads, a, b = lossFun(inputs, targets, a, b)
            for param, dparam in zip([Wx1, Wh1, b1, Wx2, Wh2, b2, Why, by], grads):
                param -= learning_rate * np.clip(dparam, -5, 5)
        if it % 10 == 0:
            print("iter", it, "loss", loss)
