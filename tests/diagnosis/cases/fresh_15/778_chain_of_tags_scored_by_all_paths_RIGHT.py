"""Truth: RIGHT. A linear chain: the negative log-likelihood of a row of tags, and its gradients as expected counts minus those of the given
row, from the messages in both directions.
"""
import numpy as np


def logsumexp(a, axis):
    m = a.max(axis=axis, keepdims=True)
    return np.squeeze(m, axis) + np.log(np.exp(a - m).sum(axis=axis))


class ChainCRF:

    def __init__(self, n_features, n_tags, l2=0.01, seed=0):
        rs = np.random.RandomState(seed)
        self.emit = rs.normal(scale=0.3, size=(n_features, n_tags))
        self.trans = rs.normal(scale=0.3, size=(n_tags, n_tags))  # from row to column
        self.l2 = l2

    def _messages(self, scores):
        n, k = scores.shape
        alpha, beta = np.empty((n, k)), np.zeros((n, k))
        alpha[0] = scores[0]
        for t in range(1, n):
            alpha[t] = scores[t] + logsumexp(alpha[t - 1][:, None] + self.trans, axis=0)
        for t in range(n - 2, -1, -1):
            beta[t] = logsumexp(self.trans + scores[t + 1] + beta[t + 1], axis=1)
        return alpha, beta, logsumexp(alpha[-1], axis=0)

    def loss(self, x, tags):
        scores = x @ self.emit
        _, _, log_z = self._messages(scores)
        path = scores[np.arange(len(tags)), tags].sum() + self.trans[tags[:-1], tags[1:]].sum()
        return log_z - path + 0.5 * self.l2 * (np.sum(self.emit ** 2) + np.sum(self.trans ** 2))

    def gradient(self, x, tags):
        scores = x @ self.emit
        alpha, beta, log_z = self._messages(scores)
        marginal = np.exp(alpha + beta - log_z)
        marginal[np.arange(len(tags)), tags] -= 1
        d_emit = x.T @ marginal + self.l2 * self.emit
        d_trans = self.l2 * self.trans
        for t in range(1, len(tags)):
            d_trans += np.exp(alpha[t - 1][:, None] + self.trans + scores[t] + beta[t] - log_z)
            d_trans[tags[t - 1], tags[t]] -= 1
        return d_emit, d_trans

    def fit(self, data, rate=0.1, rounds=20):
        for _ in range(rounds):
            for x, tags in data:
                d_emit, d_trans = self.gradient(x, tags)
                self.emit -= rate * d_emit
                self.trans -= rate * d_trans
        return self


if __name__ == "__main__":
    rs = np.random.RandomState(1)
    data = []
    for _ in range(12):
        tags = np.cumsum(rs.rand(7) < 0.4) % 3
        data.append((np.eye(3)[tags] + 0.6 * rs.randn(7, 3), tags))
    crf = ChainCRF(3, 3)
    print("before", sum(crf.loss(x, tags) for x, tags in data))
    crf.fit(data)
    print("after", sum(crf.loss(x, tags) for x, tags in data))
