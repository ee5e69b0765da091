"""Truth: one mistake, of the kind where a term that belongs to each of several words is taken once. Skip-gram with a full softmax and
vectors of ones and zeros, the weights moved after each window.
"""
import numpy as np


class WindowModel():
    def __init__(self, size = 8, reach = 2, lr = 0.03, passes = 25):
        self.size = size
        self.reach = reach
        self.lr = lr
        self.passes = passes

    def read(self, sentences):
        # collect the vocabulary, then cut every sentence into windows
        vocabulary = sorted({w for s in sentences for w in s})
        self.number_of = {w: n for n, w in enumerate(vocabulary)}
        self.V = len(vocabulary)

        windows = []
        for s in sentences:
            for pos, word in enumerate(s):
                lo, hi = max(0, pos - self.reach), min(len(s), pos + self.reach + 1)
                around = [self.one_hot(s[k]) for k in range(lo, hi) if k != pos]
                windows.append((self.one_hot(word), around))
        return windows

    def one_hot(self, word):
        vec = [0] * self.V
        vec[self.number_of[word]] = 1
        return np.array(vec)

    def set_up(self, seed = 0):
        np.random.seed(seed)
        self.hidden_w = np.random.uniform(-0.8, 0.8, (self.V, self.size))
        self.output_w = np.random.uniform(-0.8, 0.8, (self.size, self.V))

    def predict(self, centre):
        hidden = np.dot(centre, self.hidden_w)
        scores = np.dot(hidden, self.output_w)
        odds = np.exp(scores - np.max(scores))
        return odds / np.sum(odds), hidden, scores

    def cost(self, centre, around):
        prob, hidden, scores = self.predict(centre)
        hit = sum(scores[np.argmax(vec)] for vec in around)
        return len(around) * np.log(np.sum(np.exp(scores))) - hit

    def learn(self, centre, around):
        prob, hidden, scores = self.predict(centre)
        # error of the output layer, over the words of the window
        err = prob - np.sum(around, axis=0)
        d_output = np.outer(hidden, err)
        d_hidden = np.outer(centre, np.dot(self.output_w, err))
        self.output_w = self.output_w - self.lr * d_output
        self.hidden_w = self.hidden_w - self.lr * d_hidden

    def fit(self, windows):
        self.set_up()
        for k in range(self.passes):
            total = 0
            for centre, around in windows:
                total += self.cost(centre, around)
                self.learn(centre, around)
            if k % 8 == 0:
                print("pass", k, "cost", round(total, 3))


if __name__ == "__main__":
    text = "the river runs past the old mill and the old mill stands above the river"
    model = WindowModel()
    model.fit(model.read([text.split()]))
