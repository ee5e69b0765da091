"""Truth: RIGHT. A character model with a GRU in place of the plain cell: 'must h of the step before not get a gradient four times?' It
does: past the gates, through both gates and through the candidate. Weights are variables of the module, columns, dicts by time.
"""
import numpy as np

np.random.seed(0)
hidden_size, vocab_size = 4, 6


def init_weight(*shape):
    return np.random.randn(*shape) * np.sqrt(1.0 / shape[-1])


def triple():
    """Weights of a gate: from the input, from the state, and the bias."""
    return init_weight(hidden_size, vocab_size), init_weight(hidden_size, hidden_size), np.zeros((hidden_size, 1))


Wxz, Whz, bz = triple()  # update gate
Wxr, Whr, br = triple()  # reset gate
Wxh, Whh, bh = triple()  # candidate
Why, by = init_weight(vocab_size, hidden_size), np.zeros((vocab_size, 1))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(input):
    e_input = np.exp(input - np.max(input))
    return e_input / e_input.sum()


def lossFunGRU(inputs, targets, hprev):
    """Inputs and targets: lists of integers, hprev: (hidden_size, 1)."""
    xs, hs, zs, rs, h_tildes, ps = {}, {-1: np.copy(hprev)}, {}, {}, {}, {}
    loss = 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((vocab_size, 1))
        xs[t][inputs[t]] = 1
        zs[t] = sigmoid(Wxz @ xs[t] + Whz @ hs[t - 1] + bz)
        rs[t] = sigmoid(Wxr @ xs[t] + Whr @ hs[t - 1] + br)
        h_tildes[t] = np.tanh(Wxh @ xs[t] + Whh @ (rs[t] * hs[t - 1]) + bh)
        hs[t] = (1 - zs[t]) * hs[t - 1] + zs[t] * h_tildes[t]
        ps[t] = softmax(Why @ hs[t] + by)
        loss += -np.log(ps[t][targets[t], 0])

    dWxz, dWhz, dbz = np.zeros_like(Wxz), np.zeros_like(Whz), np.zeros_like(bz)
    dWxr, dWhr, dbr = np.zeros_like(Wxr), np.zeros_like(Whr), np.zeros_like(br)
    dWxh, dWhh, dbh = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(bh)
    dWhy, dby = np.zeros_like(Why), np.zeros_like(by)
    dhnext = np.zeros_like(hprev)
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += dy @ hs[t].T
        dby += dy
        dh = Why.T @ dy + dhnext

        # candidate
        dh_tilde = dh * zs[t] * (1 - h_tildes[t] ** 2)
        dWxh += dh_tilde @ xs[t].T
        dWhh += dh_tilde @ (rs[t] * hs[t - 1]).T
        dbh += dh_tilde
        drh = Whh.T @ dh_tilde

        # reset gate
        dr = drh * hs[t - 1] * rs[t] * (1 - rs[t])
        dWxr += dr @ xs[t].T
        dWhr += dr @ hs[t - 1].T
        dbr += dr

        # update gate
        dz = dh * (h_tildes[t] - hs[t - 1]) * zs[t] * (1 - zs[t])
        dWxz += dz @ xs[t].T
        dWhz += dz @ hs[t - 1].T
        dbz += dz

        dhnext = dh * (1 - zs[t]) + drh * rs[t] + Whr.T @ dr + Whz.T @ dz
    return loss, dWxz, dWhz, dbz, dWxr, dWhr, dbr, dWxh, dWhh, dbh, dWhy, dby, hs[len(inputs) - 1]


if __name__ == "__main__":
    hprev = np.zeros((hidden_size, 1))
    params = [Wxz, Whz, bz, Wxr, Whr, br, Wxh, Whh, bh, Why, by]
    for _ in range(30):
        loss, *grads, _ = lossFunGRU([0, 2, 3, 1], [2, 3, 1, 5], hprev)
        for param, dparam in zip(params, grads):
            param -= 0.1 * dparam
    print(loss)
