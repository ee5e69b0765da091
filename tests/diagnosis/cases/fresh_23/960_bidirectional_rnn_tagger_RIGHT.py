"""Truth: everything is right. Tags each word of a sentence (noun, verb, ...) with a bidirectional Elman network."""
import numpy as np


class BiRNNTagger:
    def __init__(self, n_words, n_tags, emb=4, hid=6):
        r = np.random.RandomState(0)
        self.E = r.randn(n_words, emb) * 0.5
        self.Wf, self.Uf, self.bf = r.randn(emb, hid) * 0.3, r.randn(hid, hid) * 0.3, np.zeros(hid)
        self.Wb, self.Ub, self.bb = r.randn(emb, hid) * 0.3, r.randn(hid, hid) * 0.3, np.zeros(hid)
        self.V, self.c = r.randn(2 * hid, n_tags) * 0.3, np.zeros(n_tags)
        self.hid = hid

    def forward(self, sentence):
        n = len(sentence)
        self.sentence = sentence
        self.x = self.E[sentence]
        self.hf = np.zeros((n + 1, self.hid))     # hf[t + 1] belongs to word t
        self.hb = np.zeros((n + 1, self.hid))     # hb[t] belongs to word t
        for t in range(n):
            self.hf[t + 1] = np.tanh(self.x[t] @ self.Wf + self.hf[t] @ self.Uf + self.bf)
        for t in reversed(range(n)):
            self.hb[t] = np.tanh(self.x[t] @ self.Wb + self.hb[t + 1] @ self.Ub + self.bb)
        self.both = np.concatenate([self.hf[1:], self.hb[:-1]], axis=1)
        o = self.both @ self.V + self.c
        e = np.exp(o - o.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p

    def loss(self, sentence, tags):
        p = self.forward(sentence)
        return -np.log(p[np.arange(len(tags)), tags]).sum()

    def backward(self, tags):
        n = len(tags)
        g = {k: np.zeros_like(getattr(self, k)) for k in ("E", "Wf", "Uf", "bf", "Wb", "Ub", "bb", "V", "c")}
        do = self.p.copy()
        do[np.arange(n), tags] -= 1
        g["V"] = self.both.T @ do
        g["c"] = do.sum(axis=0)
        dboth = do @ self.V.T
        dhf, dhb = dboth[:, :self.hid], dboth[:, self.hid:]
        dx = np.zeros_like(self.x)
        carry = np.zeros(self.hid)
        for t in reversed(range(n)):
            da = (dhf[t] + carry) * (1 - self.hf[t + 1] ** 2)
            g["Wf"] += np.outer(self.x[t], da)
            g["Uf"] += np.outer(self.hf[t], da)
            g["bf"] += da
            dx[t] += self.Wf @ da
            carry = self.Uf @ da
        carry = np.zeros(self.hid)
        for t in range(n):
            da = (dhb[t] + carry) * (1 - self.hb[t] ** 2)
            g["Wb"] += np.outer(self.x[t], da)
            g["Ub"] += np.outer(self.hb[t + 1], da)
            g["bb"] += da
            dx[t] += self.Wb @ da
            carry = self.Ub @ da
        np.add.at(g["E"], self.sentence, dx)
        return g


if __name__ == "__main__":
    corpus = [([0, 1, 2, 0, 3], [0, 1, 2, 0, 1]), ([0, 3, 2, 0, 1], [0, 1, 2, 0, 1]), ([4, 2, 4], [1, 2, 1])]
    tagger = BiRNNTagger(5, 3)
    for epoch in range(40):
        total = 0.0
        for words, tags in corpus:
            total += tagger.loss(words, tags)
            for name, grad in tagger.backward(tags).items():
                setattr(tagger, name, getattr(tagger, name) - 0.1 * grad)
        if epoch % 10 == 0:
            print(epoch, total)
