"""Truth: one mistake, of the kind where one of two counters is taken for the other. A recurrent network for sentences of word numbers, a
loop within a loop on the way back, no truncation.
"""
import numpy as np


class SentenceRNN:

    def __init__(self, n_words, n_state=12, seed=10):
        rs = np.random.RandomState(seed)
        self.E = rs.randn(n_state, n_words) * 0.3   # a column for each word
        self.R = rs.randn(n_state, n_state) * 0.3
        self.O = rs.randn(n_words, n_state) * 0.3

    def forward(self, sentence):
        """ states, the one before the first word in the last row, and the chances of each next word """
        states = np.zeros((len(sentence) + 1, self.R.shape[0]))
        chances = np.zeros((len(sentence), self.O.shape[0]))
        for t, word in enumerate(sentence):
            states[t] = np.tanh(self.E[:, word] + np.dot(self.R, states[t - 1]))
            raw = np.dot(self.O, states[t])
            raw = np.exp(raw - raw.max())
            chances[t] = raw / raw.sum()
        return states, chances

    def loss(self, sentence, following):
        _, chances = self.forward(sentence)
        return -sum(np.log(chances[t, word]) for t, word in enumerate(following))

    def gradients(self, sentence, following):
        states, chances = self.forward(sentence)
        dE, dR, dO = np.zeros_like(self.E), np.zeros_like(self.R), np.zeros_like(self.O)
        for t in range(len(sentence) - 1, -1, -1):
            miss = chances[t].copy()
            miss[following[t]] -= 1
            dO += np.outer(miss, states[t])
            back = np.dot(self.O.T, miss) * (1 - states[t] ** 2)
            # this output was shaped by every word up to t
            for step in range(t, -1, -1):
                dE[:, sentence[step]] += back
                dR += np.outer(back, states[t - 1])
                back = np.dot(self.R.T, back) * (1 - states[step - 1] ** 2)
        return dE, dR, dO

    def learn(self, sentence, following, rate):
        dE, dR, dO = self.gradients(sentence, following)
        self.E -= rate * dE
        self.R -= rate * dR
        self.O -= rate * dO


if __name__ == '__main__':
    sentences = [[0, 3, 5, 2, 6, 1], [0, 4, 5, 2, 7, 1], [0, 3, 2, 6, 5, 5, 1]]
    net = SentenceRNN(8)
    for epoch in range(61):
        for s in sentences:
            net.learn(s[:-1], s[1:], 0.05)
        if epoch % 20 == 0:
            print(epoch, sum(net.loss(s[:-1], s[1:]) for s in sentences))
