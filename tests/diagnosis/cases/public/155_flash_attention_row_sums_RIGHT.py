"""Truth: RIGHT. D = rowsum(dO * O) was doubted where rowsum(dP * P) was expected: they are the same number. Blocks of
keys with a running maximum forward, the probabilities computed anew from the kept log-sum-exp backward.
"""
import numpy as np

BLOCK = 2


def flash_attention_forward(Q, K, V):
    n, d = Q.shape
    tau = 1 / np.sqrt(d)
    O = np.zeros((n, V.shape[1]))
    l, m = np.zeros((n, 1)), np.full((n, 1), -np.inf)
    for j in range(0, K.shape[0], BLOCK):
        S = tau * Q @ K[j : j + BLOCK].T
        m_new = np.maximum(m, S.max(axis=1, keepdims=True))
        P = np.exp(S - m_new)
        l = np.exp(m - m_new) * l + P.sum(axis=1, keepdims=True)
        O = np.exp(m - m_new) * O + P @ V[j : j + BLOCK]
        m = m_new
    O = O / l
    L = m + np.log(l)
    return O, (Q, K, V, O, L)


def flash_attention_backward(dO, cache):
    Q, K, V, O, L = cache
    tau = 1 / np.sqrt(Q.shape[1])
    dQ, dK, dV = np.zeros_like(Q), np.zeros_like(K), np.zeros_like(V)
    D = np.sum(dO * O, axis=1, keepdims=True)
    for j in range(0, K.shape[0], BLOCK):
        Kj, Vj = K[j : j + BLOCK], V[j : j + BLOCK]
        P = np.exp(tau * Q @ Kj.T - L)
        dV[j : j + BLOCK] += P.T @ dO
        dP = dO @ Vj.T
        dS = P * (dP - D) * tau
        dQ += dS @ Kj
        dK[j : j + BLOCK] += dS.T @ Q
    return dQ, dK, dV
