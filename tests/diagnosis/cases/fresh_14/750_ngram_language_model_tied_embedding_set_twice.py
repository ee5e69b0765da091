"""Truth: the embedding C is looked up below and is the output matrix above as well, so its two gradients have to be added; the one of the
look-up replaces the one of the output. A script that learns the letters of a short text from the three before.
"""
import numpy as np

text = "the cat sat on the mat and the rat sat on the hat that the cat had on the mat "
letters = sorted(set(text))
index = {s: i for i, s in enumerate(letters)}
V, CTX, DIM, HID = len(letters), 3, 6, 16


def make_pairs():
    X, Y = [], []
    for i in range(len(text) - CTX):
        X.append([index[s] for s in text[i:i + CTX]])
        Y.append(index[text[i + CTX]])
    return np.array(X), np.array(Y)


def make_params(seed=1337):
    g = np.random.default_rng(seed)
    return {
        "C": g.standard_normal((V, DIM)) * 0.5,
        "W1": g.standard_normal((CTX * DIM, HID)) / np.sqrt(CTX * DIM),
        "b1": np.zeros(HID),
        "W2": g.standard_normal((HID, DIM)) / np.sqrt(HID),
        "b2": np.zeros(V),
    }


def loss_and_grads(p, X, Y):
    n = len(X)
    # --- up
    emb = p["C"][X]
    flat = emb.reshape(n, -1)
    h = np.tanh(flat @ p["W1"] + p["b1"])
    proj = h @ p["W2"]
    logits = proj @ p["C"].T + p["b2"]
    logits = logits - logits.max(1, keepdims=True)
    logp = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    loss = -logp[np.arange(n), Y].mean()

    # --- down
    grads = {}
    dlogits = np.exp(logp)
    dlogits[np.arange(n), Y] -= 1
    dlogits /= n
    grads["C"] = dlogits.T @ proj
    grads["b2"] = dlogits.sum(0)
    dproj = dlogits @ p["C"]
    grads["W2"] = h.T @ dproj
    dpre = (dproj @ p["W2"].T) * (1 - h * h)
    grads["W1"] = flat.T @ dpre
    grads["b1"] = dpre.sum(0)
    demb = (dpre @ p["W1"].T).reshape(emb.shape)
    dC = np.zeros_like(p["C"])
    np.add.at(dC, X, demb)
    grads["C"] = dC
    return loss, grads


def main():
    X, Y = make_pairs()
    p = make_params()
    for step in range(400):
        loss, grads = loss_and_grads(p, X, Y)
        for name in p:
            p[name] -= 0.5 * grads[name]
        if step % 100 == 0:
            print(f"{step:4d} {loss:.4f}")


if __name__ == "__main__":
    main()
