"""Truth: the hidden units are dropped and scaled on the way forward; the way back takes no notice of the mask. Numbers and lists only."""
import math
import random


class TinyNet:
    def __init__(self, hidden_size=6, p=0.3):
        random.seed(3)
        self.hidden_size, self.p = hidden_size, p
        self.w1 = [[random.uniform(-1, 1) for _ in range(2)] for _ in range(hidden_size)]
        self.b1 = [0.0] * hidden_size
        self.w2 = [random.uniform(-1, 1) for _ in range(hidden_size)]
        self.b2 = 0.0

    def forward(self, x, training=True):
        self.x = x
        self.z1, self.h = [], []
        for i in range(self.hidden_size):
            z = self.w1[i][0] * x[0] + self.w1[i][1] * x[1] + self.b1[i]
            self.z1.append(z)
            self.h.append(math.tanh(z))
        self.mask = [1.0] * self.hidden_size
        if training:
            self.mask = [0.0 if random.random() < self.p else 1 / (1 - self.p) for _ in self.h]
        self.h = [h * m for h, m in zip(self.h, self.mask)]
        z2 = sum(w * h for w, h in zip(self.w2, self.h)) + self.b2
        self.out = 1 / (1 + math.exp(-z2))
        return self.out

    def loss(self, target):
        return -(target * math.log(self.out) + (1 - target) * math.log(1 - self.out))

    def backward(self, target, lr=0.1):
        d_out = self.out - target
        d_h = [d_out * w for w in self.w2]
        for i in range(self.hidden_size):
            d_z = d_h[i] * (1 - math.tanh(self.z1[i]) ** 2)
            self.w2[i] -= lr * d_out * self.h[i]
            self.w1[i][0] -= lr * d_z * self.x[0]
            self.w1[i][1] -= lr * d_z * self.x[1]
            self.b1[i] -= lr * d_z
        self.b2 -= lr * d_out
