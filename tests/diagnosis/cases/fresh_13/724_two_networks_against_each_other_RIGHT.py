"""Truth: RIGHT. A generator and a discriminator on numbers, each with its own step: the discriminator's error of the generated ones is p,
the generator's is p - 1 (the loss that does not saturate) and goes through the discriminator, whose weights it leaves alone.
"""
import numpy as np


def lrelu(x, alpha=1e-2):
    return np.maximum(x, x * alpha)


def dlrelu(x, alpha=1e-2):
    return np.where(x > 0, 1.0, alpha)


def sigmoid(x):
    return 1. / (1. + np.exp(-x))


class GAN:
    def __init__(self, nx_g=3, nh_g=8, nh_d=8, nx=2, lr=0.05, seed=0):
        r = np.random.RandomState(seed)
        self.lr = lr
        # discriminator
        self.W0_d = r.randn(nx, nh_d) * np.sqrt(2. / nx)
        self.b0_d = np.zeros((1, nh_d))
        self.W1_d = r.randn(nh_d, 1) * np.sqrt(2. / nh_d)
        self.b1_d = np.zeros((1, 1))
        # generator
        self.W0_g = r.randn(nx_g, nh_g) * np.sqrt(2. / nx_g)
        self.b0_g = np.zeros((1, nh_g))
        self.W1_g = r.randn(nh_g, nx) * np.sqrt(2. / nh_g)
        self.b1_g = np.zeros((1, nx))

    def generator(self, z):
        self.z = z
        self.z0_g = np.dot(z, self.W0_g) + self.b0_g
        self.a0_g = lrelu(self.z0_g, alpha=0)
        self.z1_g = np.dot(self.a0_g, self.W1_g) + self.b1_g
        return np.tanh(self.z1_g)

    def discriminator(self, x):
        self.z0_d = np.dot(x, self.W0_d) + self.b0_d
        self.a0_d = lrelu(self.z0_d)
        self.z1_d = np.dot(self.a0_d, self.W1_d) + self.b1_d
        return self.z1_d, sigmoid(self.z1_d)

    def loss_d(self, x_real, x_fake):
        return np.mean(np.logaddexp(0, -self.discriminator(x_real)[0])) + np.mean(np.logaddexp(0, self.discriminator(x_fake)[0]))

    def loss_g(self, z):
        return np.mean(np.logaddexp(0, -self.discriminator(self.generator(z))[0]))

    def backward_discriminator(self, x_real, x_fake):
        grads = [0., 0., 0., 0.]
        for x, label in ((x_real, 1.), (x_fake, 0.)):
            _, a1_d = self.discriminator(x)
            dz1 = (a1_d - label) / x.shape[0]
            dz0 = np.dot(dz1, self.W1_d.T) * dlrelu(self.z0_d)
            new = [x.T @ dz0, np.sum(dz0, axis=0, keepdims=True), self.a0_d.T @ dz1, np.sum(dz1, axis=0, keepdims=True)]
            grads = [a + b for a, b in zip(grads, new)]
        self.W0_d -= self.lr * grads[0]
        self.b0_d -= self.lr * grads[1]
        self.W1_d -= self.lr * grads[2]
        self.b1_d -= self.lr * grads[3]

    def backward_generator(self, z):
        x_fake = self.generator(z)
        _, a1_d = self.discriminator(x_fake)
        # through the discriminator, down to the generated points
        dz1_d = (a1_d - 1.) / z.shape[0]
        dz0_d = np.dot(dz1_d, self.W1_d.T) * dlrelu(self.z0_d)
        dx_d = np.dot(dz0_d, self.W0_d.T)
        # generator
        dz1_g = dx_d * (1. - x_fake**2)
        dW1_g = np.dot(self.a0_g.T, dz1_g)
        db1_g = np.sum(dz1_g, axis=0, keepdims=True)
        dz0_g = np.dot(dz1_g, self.W1_g.T) * dlrelu(self.z0_g, alpha=0)
        dW0_g = np.dot(self.z.T, dz0_g)
        db0_g = np.sum(dz0_g, axis=0, keepdims=True)
        self.W0_g -= self.lr * dW0_g
        self.b0_g -= self.lr * db0_g
        self.W1_g -= self.lr * dW1_g
        self.b1_g -= self.lr * db1_g


if __name__ == "__main__":
    r = np.random.RandomState(1)
    gan = GAN()
    for i in range(300):
        angle = r.uniform(0, 2 * np.pi, 32)
        real = 0.5 * np.c_[np.cos(angle), np.sin(angle)]
        fake = gan.generator(r.randn(32, 3))
        gan.backward_discriminator(real, fake)
        gan.backward_generator(r.randn(32, 3))
    print("radius", np.linalg.norm(gan.generator(r.randn(200, 3)), axis=1).mean())
