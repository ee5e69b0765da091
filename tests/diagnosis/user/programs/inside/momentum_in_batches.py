import numpy as np


class TwoLayerNet:
    def __init__(self, n_in=4, n_hidden=6, n_out=3, seed=0):
        rng = np.random.RandomState(seed)
        self.params = {
            "W1": rng.randn(n_in, n_hidden) * 0.1,
            "b1": np.zeros(n_hidden),
            "W2": rng.randn(n_hidden, n_out) * 0.1,
            "b2": np.zeros(n_out),
        }
        self.velocity = {k: np.zeros_like(p) for k, p in self.params.items()}

    def train(self, X, y, epochs=10, batch_size=32, lr=0.1, momentum=0.9):
        n = X.shape[0]
        for epoch in range(epochs):
            idx = np.random.permutation(n)
            for start in range(0, n, batch_size):
                batch = idx[start : start + batch_size]
                xb, yb = X[batch], y[batch]
                h = np.tanh(xb @ self.params["W1"] + self.params["b1"])
                scores = h @ self.params["W2"] + self.params["b2"]
                scores -= scores.max(axis=1, keepdims=True)
                probs = np.exp(scores)
                probs /= probs.sum(axis=1, keepdims=True)
                loss = -np.mean(np.log(probs[np.arange(len(yb)), yb]))
                dscores = probs.copy()
                dscores[np.arange(len(yb)), yb] -= 1
                dscores /= len(yb)
                dh = dscores @ self.params["W2"].T
                dh = dh * (1 - h**2)
                grads = {"W1": xb.T @ dh, "b1": dh.sum(axis=0), "W2": h.T @ dscores, "b2": dscores.sum(axis=0)}
                for k in self.params:
                    self.velocity[k] = momentum * self.velocity[k] - lr * grads[k]
                    self.params[k] += self.velocity[k]
        return loss
