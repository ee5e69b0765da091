"""Truth: the way back through the softmax takes off the sum of d_alpha where the sum of alpha * d_alpha belongs. Attention over the
states of an encoder in tanh form; the rows of d_score should add up to zero and mine do not.
"""
import numpy as np


class AdditiveAttention:
    def __init__(self, n_state=3, n_query=2, n_att=4, seed=0):
        rng = np.random.default_rng(seed)
        self.W = rng.normal(0, 0.6, (n_state, n_att))
        self.U = rng.normal(0, 0.6, (n_query, n_att))
        self.v = rng.normal(0, 0.6, n_att)

    def forward(self, states, query):
        """states (n, T, n_state), query (n, n_query)"""
        self.states, self.query = states, query
        self.energy = np.tanh(states @ self.W + (query @ self.U)[:, None, :])
        score = self.energy @ self.v
        e = np.exp(score - score.max(axis=1, keepdims=True))
        self.alpha = e / e.sum(axis=1, keepdims=True)
        self.context = np.einsum("nt,ntd->nd", self.alpha, states)
        return self.context

    def loss(self, states, query, target):
        self.target = target
        return 0.5 * np.sum((self.forward(states, query) - target) ** 2)

    def backward(self):
        d_context = self.context - self.target
        d_alpha = np.einsum("nd,ntd->nt", d_context, self.states)
        d_states = self.alpha[:, :, None] * d_context[:, None, :]
        d_score = self.alpha * (d_alpha - d_alpha.sum(axis=1, keepdims=True))
        dv = np.einsum("nt,nta->a", d_score, self.energy)
        d_pre = d_score[:, :, None] * self.v * (1 - self.energy ** 2)
        dW = np.einsum("ntd,nta->da", self.states, d_pre)
        d_query_att = d_pre.sum(axis=1)
        dU = self.query.T @ d_query_att
        d_states += d_pre @ self.W.T
        d_query = d_query_att @ self.U.T
        return dW, dU, dv, d_states, d_query


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    states, query, target = rng.standard_normal((5, 4, 3)), rng.standard_normal((5, 2)), rng.standard_normal((5, 3))
    att = AdditiveAttention()
    for step in range(50):
        loss = att.loss(states, query, target)
        dW, dU, dv, d_states, d_query = att.backward()
        att.W -= 0.1 * dW
        att.U -= 0.1 * dU
        att.v -= 0.1 * dv
    print(loss)
