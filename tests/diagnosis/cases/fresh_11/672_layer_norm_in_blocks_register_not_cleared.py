"""Truth: the register dst still holds s1, the mean of dy * gamma, when x_hat * s2 is added to it, so that s1 is subtracted twice; it must
be set anew (dst = x_hat * s2). A port of a kernel that goes through each row in blocks.
"""
import numpy as np


def layernorm_fw(x, gamma, beta, eps=1e-6):
    mean = x.mean(axis=1, keepdims=True)
    rstd = 1.0 / np.sqrt(((x - mean) ** 2).mean(axis=1, keepdims=True) + eps)
    x_hat = (x - mean) * rstd
    return x_hat * gamma + beta, (x_hat, rstd, gamma)


def layernorm_bw(dy, cache, block_size=2):
    x_hat, rstd, gamma = cache
    rows, features = x_hat.shape
    blocks = [slice(start, start + block_size) for start in range(0, features, block_size)]
    dx = np.zeros_like(dy)
    for r in range(rows):
        dst = 0.0
        for block in blocks:
            dst += np.sum(dy[r, block] * gamma[block])
        s1 = dst / features

        dst = 0.0
        for block in blocks:
            dst += np.sum(dy[r, block] * gamma[block] * x_hat[r, block])
        s2 = dst / features

        for block in blocks:
            dst = np.full_like(dy[r, block], s1)
            working = dy[r, block] * gamma[block] - dst
            dst += x_hat[r, block] * s2
            dx[r, block] = rstd[r] * (working - dst)
    dgamma = np.sum(dy * x_hat, axis=0)
    dbeta = np.sum(dy, axis=0)
    return dx, dgamma, dbeta


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    y, cache = layernorm_fw(rng.randn(3, 6), rng.randn(6), rng.randn(6))
    print(layernorm_bw(np.ones_like(y), cache)[0])
