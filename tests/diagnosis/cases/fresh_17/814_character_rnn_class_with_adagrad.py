"""Truth: the state in the recurrent weight's gradient. A class that learns a text letter by letter, dicts of states by time, columns,
Adagrad at the end of each piece.
"""
import numpy as np


class CharRNN:
    def __init__(self, vocab, hidden_size=24, seq_length=12, lr=0.1):
        self.char_to_ix = {ch: i for i, ch in enumerate(vocab)}
        self.ix_to_char = {i: ch for i, ch in enumerate(vocab)}
        self.vocab_size = len(vocab)
        self.hidden_size = hidden_size
        self.seq_length = seq_length
        self.lr = lr
        self.Wxh = np.random.randn(hidden_size, self.vocab_size) * 0.1
        self.Whh = np.random.randn(hidden_size, hidden_size) * 0.1
        self.Why = np.random.randn(self.vocab_size, hidden_size) * 0.1
        self.bh = np.zeros((hidden_size, 1))
        self.by = np.zeros((self.vocab_size, 1))
        self.mem = [np.zeros_like(p) for p in self.parameters()]

    def parameters(self):
        return [self.Wxh, self.Whh, self.Why, self.bh, self.by]

    def loss(self, inputs, targets, hprev):
        """inputs and targets are lists of integers; hprev is the first state, (hidden_size, 1)"""
        xs, hs, ps = {}, {}, {}
        hs[-1] = np.copy(hprev)
        loss = 0
        for t in range(len(inputs)):
            xs[t] = np.zeros((self.vocab_size, 1))
            xs[t][inputs[t]] = 1
            hs[t] = np.tanh(self.Wxh @ xs[t] + self.Whh @ hs[t - 1] + self.bh)
            y = self.Why @ hs[t] + self.by
            ps[t] = np.exp(y - y.max()) / np.sum(np.exp(y - y.max()))
            loss += -np.log(ps[t][targets[t], 0])

        dWxh, dWhh, dWhy = np.zeros_like(self.Wxh), np.zeros_like(self.Whh), np.zeros_like(self.Why)
        dbh, dby = np.zeros_like(self.bh), np.zeros_like(self.by)
        dhnext = np.zeros_like(hs[0])
        for t in reversed(range(len(inputs))):
            dy = np.copy(ps[t])
            dy[targets[t]] -= 1
            dWhy += dy @ hs[t].T
            dby += dy
            dh = self.Why.T @ dy + dhnext
            dhraw = (1 - hs[t] * hs[t]) * dh
            dbh += dhraw
            dWxh += dhraw @ xs[t].T
            dWhh += dhraw @ hs[t].T
            dhnext = self.Whh.T @ dhraw
        return loss, [dWxh, dWhh, dWhy, dbh, dby], hs[len(inputs) - 1]

    def sample(self, h, seed_ix, n):
        x = np.zeros((self.vocab_size, 1))
        x[seed_ix] = 1
        out = []
        for _ in range(n):
            h = np.tanh(self.Wxh @ x + self.Whh @ h + self.bh)
            y = self.Why @ h + self.by
            p = np.exp(y) / np.sum(np.exp(y))
            ix = np.random.choice(self.vocab_size, p=p.ravel())
            x = np.zeros((self.vocab_size, 1))
            x[ix] = 1
            out.append(self.ix_to_char[ix])
        return "".join(out)

    def train(self, data, iterations):
        p = 0
        smooth_loss = -np.log(1.0 / self.vocab_size) * self.seq_length
        for n in range(iterations):
            if n == 0 or p + self.seq_length + 1 >= len(data):
                hprev = np.zeros((self.hidden_size, 1))
                p = 0
            inputs = [self.char_to_ix[c] for c in data[p:p + self.seq_length]]
            targets = [self.char_to_ix[c] for c in data[p + 1:p + self.seq_length + 1]]
            loss, grads, hprev = self.loss(inputs, targets, hprev)
            smooth_loss = smooth_loss * 0.99 + loss * 0.01
            if n % 100 == 0:
                print("iter %d, loss %.3f" % (n, smooth_loss), self.sample(hprev, inputs[0], 20))
            for param, dparam, mem in zip(self.parameters(), grads, self.mem):
                dparam = np.clip(dparam, -5, 5)
                mem += dparam * dparam
                param -= self.lr * dparam / np.sqrt(mem + 1e-8)
            p += self.seq_length


if __name__ == "__main__":
    np.random.seed(1)
    text = "round and round the rugged rock the ragged rascal ran " * 4
    rnn = CharRNN(sorted(set(text)))
    rnn.train(text, 301)
