"""Truth: two mistakes. The decay of AdamW stands behind a minus in what is subtracted: weights grow; Adam counts a step for each
parameter, not for every call. Are these the published rules?
"""
import numpy as np


class AdamW:
    """handnn: optimizer adamw, learning_rate=0.01, weight_decay=0.1, beta_1=0.9, beta_2=0.999, epsilon=1e-8"""

    def __init__(self, params, lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1):
        self.params = params
        self.lr, self.betas, self.eps, self.weight_decay = lr, betas, eps, weight_decay
        self.t = 0
        self.m = [np.zeros_like(p) for p in params]
        self.v = [np.zeros_like(p) for p in params]

    def step(self, grads):
        self.t += 1
        for i, (p, g) in enumerate(zip(self.params, grads)):
            self.m[i] = self.betas[0] * self.m[i] + (1 - self.betas[0]) * g
            self.v[i] = self.betas[1] * self.v[i] + (1 - self.betas[1]) * np.square(g)
            m_hat = self.m[i] / (1 - self.betas[0] ** self.t)
            v_hat = self.v[i] / (1 - self.betas[1] ** self.t)
            p -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps) - self.lr * self.weight_decay * p


class Adam:
    """handnn: optimizer adam, learning_rate=0.01, beta_1=0.9, beta_2=0.999, epsilon=1e-8"""

    def __init__(self, params, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8):
        self.params = params
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.count = 0
        self.biased_first = [np.zeros_like(p) for p in params]
        self.biased_second = [np.zeros_like(p) for p in params]

    def step(self, grads):
        for i in range(len(self.params)):
            g = grads[i]
            first, second = self.biased_first[i], self.biased_second[i]
            first[...] = self.beta1 * first + (1 - self.beta1) * g
            second[...] = self.beta2 * second + (1 - self.beta2) * g * g
            self.count += 1
            corrected1 = 1 - self.beta1 ** self.count
            corrected2 = 1 - self.beta2 ** self.count
            rate = self.lr * np.sqrt(corrected2) / corrected1
            self.params[i] -= rate * first / (np.sqrt(second) + self.eps * np.sqrt(corrected2))


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    for kind in (AdamW, Adam):
        params = [rng.standard_normal((3, 2)), rng.standard_normal(2)]
        opt = kind(params)
        for _ in range(5):
            opt.step([2 * p for p in params])
        print(params[1])
