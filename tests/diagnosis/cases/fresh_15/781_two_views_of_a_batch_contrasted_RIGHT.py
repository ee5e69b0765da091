"""Truth: RIGHT. The loss of two views of each sample, normalized rows, temperature, the partner against all others but itself; the similarity
matrix is symmetric, so its gradient comes from rows and from columns.
"""
import numpy as np


def nt_xent_forward(z1, z2, tau=0.5):
    N = z1.shape[0]
    z = np.concatenate([z1, z2])
    length = np.sqrt(np.sum(z * z, axis=1, keepdims=True))
    v = z / length
    sim = v @ v.T / tau
    sim[np.arange(2 * N), np.arange(2 * N)] = -np.inf
    partner = np.r_[N:2 * N, 0:N]
    largest = sim.max(axis=1, keepdims=True)
    weights = np.exp(sim - largest)
    total = weights.sum(axis=1, keepdims=True)
    log_p = sim[np.arange(2 * N), partner] - (largest + np.log(total))[:, 0]
    loss = -np.mean(log_p)
    return loss, (v, length, weights / total, partner, tau)


def nt_xent_backward(cache):
    v, length, p, partner, tau = cache
    M = v.shape[0]
    dsim = p.copy()
    dsim[np.arange(M), partner] -= 1
    dsim /= M
    dv = (dsim + dsim.T) @ v / tau
    dz = (dv - v * np.sum(dv * v, axis=1, keepdims=True)) / length
    return dz[:M // 2], dz[M // 2:]


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    z1, z2 = rng.standard_normal((2, 6, 4))
    for it in range(50):
        loss, cache = nt_xent_forward(z1, z2)
        dz1, dz2 = nt_xent_backward(cache)
        z1, z2 = z1 - dz1, z2 - dz2
    print(loss)
