"""Truth: right. A generative adversarial pair on numbers of a line: each net has forward and backward, the generator gets the gradient of the input."""
import numpy as np

rand = np.random.RandomState(9)
LR = 0.05
BATCH = 32


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


class Generator:
    def __init__(self, zdim=3, hidden=8):
        self.w1 = rand.randn(zdim, hidden) * 0.5
        self.b1 = np.zeros((1, hidden))
        self.w2 = rand.randn(hidden, 1) * 0.5
        self.b2 = np.zeros((1, 1))

    def forward(self, z):
        self.z = z
        self.a = np.tanh(z.dot(self.w1) + self.b1)
        return self.a.dot(self.w2) + self.b2

    def backward(self, dx):
        self.dw2 = self.a.T.dot(dx)
        self.db2 = dx.sum(axis=0, keepdims=True)
        da = dx.dot(self.w2.T)
        dpre = da * (1 - self.a ** 2)
        self.dw1 = self.z.T.dot(dpre)
        self.db1 = dpre.sum(axis=0, keepdims=True)
        return dpre.dot(self.w1.T)

    def step(self):
        for n in ('w1', 'b1', 'w2', 'b2'):
            setattr(self, n, getattr(self, n) - LR * getattr(self, 'd' + n))


class Discriminator:
    def __init__(self, hidden=10, leak=0.2):
        self.leak = leak
        self.w1 = rand.randn(1, hidden) * 0.7
        self.b1 = rand.randn(1, hidden) * 0.1
        self.w2 = rand.randn(hidden, 1) * 0.4
        self.b2 = np.zeros((1, 1))

    def forward(self, x):
        self.x = x
        self.pre = x.dot(self.w1) + self.b1
        self.a = np.where(self.pre > 0, self.pre, self.leak * self.pre)
        return self.a.dot(self.w2) + self.b2

    def backward(self, dlogit):
        self.dw2 = self.a.T.dot(dlogit)
        self.db2 = dlogit.sum(axis=0, keepdims=True)
        dpre = dlogit.dot(self.w2.T) * np.where(self.pre > 0, 1.0, self.leak)
        self.dw1 = self.x.T.dot(dpre)
        self.db1 = dpre.sum(axis=0, keepdims=True)
        return dpre.dot(self.w1.T)

    def step(self):
        for n in ('w1', 'b1', 'w2', 'b2'):
            setattr(self, n, getattr(self, n) - LR * getattr(self, 'd' + n))


def bce_with_logits(logit, label):
    # value and gradient in one go
    p = sigmoid(logit)
    loss = np.mean(np.logaddexp(0, logit) - label * logit)
    return loss, (p - label) / logit.size


if __name__ == '__main__':
    G, D = Generator(), Discriminator()
    for it in range(200):
        real = 2 + 0.5 * rand.randn(BATCH, 1)
        fake = G.forward(rand.randn(BATCH, 3))
        both = np.vstack([real, fake])
        labels = np.vstack([np.ones((BATCH, 1)), np.zeros((BATCH, 1))])
        lossD, dlogit = bce_with_logits(D.forward(both), labels)
        D.backward(dlogit)
        D.step()

        fake = G.forward(rand.randn(BATCH, 3))
        lossG, dlogit = bce_with_logits(D.forward(fake), np.ones((BATCH, 1)))
        G.backward(D.backward(dlogit))
        G.step()
        if it % 50 == 0:
            print(it, lossD, lossG, fake.mean())
