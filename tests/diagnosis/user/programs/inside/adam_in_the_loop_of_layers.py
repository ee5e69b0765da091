import numpy as np


class MLP:
    def __init__(self, sizes, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        rng = np.random.default_rng(0)
        self.W = [rng.normal(size=(a, b)) * np.sqrt(2 / a) for a, b in zip(sizes, sizes[1:])]
        self.b = [np.zeros(b) for b in sizes[1:]]
        self.mW = [np.zeros_like(w) for w in self.W]
        self.vW = [np.zeros_like(w) for w in self.W]
        self.mb = [np.zeros_like(b) for b in self.b]
        self.vb = [np.zeros_like(b) for b in self.b]
        self.lr, self.beta1, self.beta2, self.eps, self.t = lr, beta1, beta2, eps, 0

    def train_step(self, X, y):
        acts = [X]
        for i, (W, b) in enumerate(zip(self.W, self.b)):
            z = acts[-1] @ W + b
            acts.append(np.tanh(z) if i < len(self.W) - 1 else z)
        loss = 0.5 * np.mean(np.sum((acts[-1] - y) ** 2, axis=1))
        delta = (acts[-1] - y) / len(X)
        self.t += 1
        for i in reversed(range(len(self.W))):
            dW = acts[i].T @ delta
            db = delta.sum(axis=0)
            if i:
                delta = delta @ self.W[i].T * (1 - acts[i] ** 2)
            self.mW[i] = self.beta1 * self.mW[i] + (1 - self.beta1) * dW
            self.vW[i] = self.beta2 * self.vW[i] + (1 - self.beta2) * dW * dW
            self.mb[i] = self.beta1 * self.mb[i] + (1 - self.beta1) * db
            self.vb[i] = self.beta2 * self.vb[i] + (1 - self.beta2) * db * db
            mw_hat = self.mW[i] / (1 - self.beta1**self.t)
            vw_hat = self.vW[i] / (1 - self.beta2**self.t)
            mb_hat = self.mb[i] / (1 - self.beta1**self.t)
            vb_hat = self.vb[i] / (1 - self.beta2**self.t)
            self.W[i] -= self.lr * mw_hat / (np.sqrt(vw_hat) + self.eps)
            self.b[i] -= self.lr * mb_hat / (np.sqrt(vb_hat) + self.eps)
        return loss
