"""everything in main, a list of pairs"""
import numpy as np


def relu(z):
    return np.maximum(0, z)


def main():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(40, 2))
    t = np.sin(x[:, :1]) + x[:, 1:]
    layers = []
    shape = [2, 8, 1]
    for n, m in zip(shape, shape[1:]):
        layers.append([rng.normal(size=(n, m)) * np.sqrt(2 / n), np.zeros(m)])
    for step in range(200):
        # forward
        h = [x]
        for i, (w, c) in enumerate(layers):
            z = h[-1] @ w + c
            h.append(relu(z) if i + 1 < len(layers) else z)
        loss = 0.5 * np.sum((h[-1] - t) ** 2) / len(x)
        # backward
        g = (h[-1] - t) / len(x)
        for i in range(len(layers) - 1, -1, -1):
            w, c = layers[i]
            gw, gc = h[i].T @ g, g.sum(0)  # not: gw, gc = h[i].T @ g, g.mean(0)
            g = (g @ w.T) * (h[i] > 0)
            layers[i][0] -= 0.05 * gw
            layers[i][1] -= 0.05 * gc
        if step % 50 == 0:
            print(step, loss)


if __name__ == "__main__":
    main()
