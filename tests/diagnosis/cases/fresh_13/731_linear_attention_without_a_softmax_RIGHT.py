"""Truth: RIGHT. Linear attention with the feature map elu + 1 and sums over the keys that are made first, without a mask; the gradient
of the normalizer has its own minus, and the derivative of elu + 1 is the output where it is below 1.
"""
import numpy as np


def phi(x):
    return np.where(x > 0, x + 1, np.exp(np.minimum(x, 0)))


def dphi(f):
    # from the output: exp(x) below zero, 1 above
    return np.minimum(f, 1)


class LinearAttention:
    """ O = phi(Q) (phi(K)^T V) / (phi(Q) sum_j phi(K_j)), without learnable parameters """

    def forward(self, Q, K, V):
        self.V = V
        self.fq, self.fk = phi(Q), phi(K)
        self.S = np.einsum("bjd,bje->bde", self.fk, V)
        self.z = self.fk.sum(axis=1)
        self.norm = np.einsum("bid,bd->bi", self.fq, self.z)
        self.O = np.einsum("bid,bde->bie", self.fq, self.S) / self.norm[..., None]
        return self.O

    def backward(self, dO):
        dnum = dO / self.norm[..., None]
        dnorm = -np.einsum("bie,bie->bi", dnum, self.O)
        dfq = np.einsum("bie,bde->bid", dnum, self.S) + dnorm[..., None] * self.z[:, None]
        dS = np.einsum("bid,bie->bde", self.fq, dnum)
        dz = np.einsum("bi,bid->bd", dnorm, self.fq)
        dV = np.einsum("bjd,bde->bje", self.fk, dS)
        dfk = np.einsum("bje,bde->bjd", self.V, dS) + dz[:, None]
        return dfq * dphi(self.fq), dfk * dphi(self.fk), dV


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    B, T, D, E = 2, 6, 4, 3
    Q, K, V = rng.normal(size=(B, T, D)), rng.normal(size=(B, T, D)), rng.normal(size=(B, T, E))
    goal = V[:, ::-1]
    attention = LinearAttention()
    for step in range(101):
        O = attention.forward(Q, K, V)
        dQ, dK, dV = attention.backward((O - goal) / B)
        Q, K = Q - 0.2 * dQ, K - 0.2 * dK
        if step % 50 == 0:
            print(step, 0.5 * np.sum((O - goal) ** 2) / B)
