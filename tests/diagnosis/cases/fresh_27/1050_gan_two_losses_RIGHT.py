"""Truth: all right. The discriminator's loss adds the gradients of a real and of a fake batch; the generator's gradient passes
through the discriminator, whose weights stay as they are. Is the minus sign of log D(G(z)) handled correctly?
"""
import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def lrelu(a, slope=0.1):
    return np.where(a > 0, a, slope * a)


def dlrelu(a, slope=0.1):
    return np.where(a > 0, 1.0, slope)


def discriminator_loss(d, real, fake):
    W0, b0, W1, b1 = d
    z_r = real @ W0 + b0
    a_r = lrelu(z_r)
    p_r = sigmoid(a_r @ W1 + b1)
    z_f = fake @ W0 + b0
    a_f = lrelu(z_f)
    p_f = sigmoid(a_f @ W1 + b1)
    loss = np.mean(-np.log(p_r) - np.log(1 - p_f))

    m = len(real)
    dl_r = (p_r - 1) / m
    dl_f = p_f / m
    dz_r = dl_r @ W1.T * dlrelu(z_r)
    dz_f = dl_f @ W1.T * dlrelu(z_f)
    dW1 = a_r.T @ dl_r + a_f.T @ dl_f
    db1 = (dl_r + dl_f).sum(axis=0)
    dW0 = real.T @ dz_r + fake.T @ dz_f
    db0 = (dz_r + dz_f).sum(axis=0)
    return loss, [dW0, db0, dW1, db1]


def generator_loss(g, d, z):
    V0, c0, V1, c1 = g
    W0, b0, W1, b1 = d
    z0 = z @ V0 + c0
    a0 = lrelu(z0, 0.0)
    x = np.tanh(a0 @ V1 + c1)
    zd = x @ W0 + b0
    p = sigmoid(lrelu(zd) @ W1 + b1)
    loss = np.mean(-np.log(p))

    dlogit = -(1 - p) / len(z)
    dx = (dlogit @ W1.T * dlrelu(zd)) @ W0.T
    dz1 = dx * (1 - x ** 2)
    dz0 = dz1 @ V1.T * dlrelu(z0, 0.0)
    return loss, [z.T @ dz0, dz0.sum(axis=0), a0.T @ dz1, dz1.sum(axis=0)]


if __name__ == "__main__":
    rng = np.random.default_rng(3)
    g = [0.4 * rng.standard_normal(s) for s in [(2, 5), (5,), (5, 3), (3,)]]
    d = [0.4 * rng.standard_normal(s) for s in [(3, 4), (4,), (4, 1), (1,)]]
    for step in range(20):
        real = np.tanh(1 + 0.3 * rng.standard_normal((6, 3)))
        z = rng.standard_normal((6, 2))
        fake = np.tanh(lrelu(z @ g[0] + g[1], 0.0) @ g[2] + g[3])
        loss_d, grads = discriminator_loss(d, real, fake)
        d = [p - 0.1 * q for p, q in zip(d, grads)]
        loss_g, grads = generator_loss(g, d, z)
        g = [p - 0.1 * q for p, q in zip(g, grads)]
    print(loss_d, loss_g)
