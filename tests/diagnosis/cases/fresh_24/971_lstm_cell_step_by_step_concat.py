"""Truth: the gradients of the weights are not accumulated over time, only the first step's are kept. LSTM step by step in the manner of the course: concat of the hidden state and the input,
one matrix for each gate, columns are examples."""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_cell_forward(xt, a_prev, c_prev, prm):
    concat = np.vstack((a_prev, xt))
    ft = sigmoid(prm["Wf"] @ concat + prm["bf"])
    it = sigmoid(prm["Wi"] @ concat + prm["bi"])
    cct = np.tanh(prm["Wc"] @ concat + prm["bc"])
    ot = sigmoid(prm["Wo"] @ concat + prm["bo"])
    c_next = ft * c_prev + it * cct
    a_next = ot * np.tanh(c_next)
    cache = (a_next, c_next, c_prev, concat, ft, it, cct, ot, prm)
    return a_next, c_next, cache


def lstm_cell_backward(da_next, dc_next, cache):
    a_next, c_next, c_prev, concat, ft, it, cct, ot, prm = cache
    n_a = a_next.shape[0]
    tc = np.tanh(c_next)

    dc = dc_next + da_next * ot * (1 - tc ** 2)
    dot = da_next * tc * ot * (1 - ot)
    dcct = dc * it * (1 - cct ** 2)
    dit = dc * cct * it * (1 - it)
    dft = dc * c_prev * ft * (1 - ft)

    out = {}
    dconcat = np.zeros_like(concat)
    for name, d in (("f", dft), ("i", dit), ("c", dcct), ("o", dot)):
        out["dW" + name] = d @ concat.T
        out["db" + name] = np.sum(d, axis=1, keepdims=True)
        dconcat += prm["W" + name].T @ d
    out["da_prev"] = dconcat[:n_a]
    out["dxt"] = dconcat[n_a:]
    out["dc_prev"] = dc * ft
    return out


def lstm_forward(x, a0, prm):
    """x: (n_x, m, T) -> a: (n_a, m, T)"""
    caches = []
    a_next, c_next = a0, np.zeros_like(a0)
    a = np.zeros(a0.shape + (x.shape[2],))
    for t in range(x.shape[2]):
        a_next, c_next, cache = lstm_cell_forward(x[:, :, t], a_next, c_next, prm)
        a[:, :, t] = a_next
        caches.append(cache)
    return a, caches


def lstm_backward(da, caches):
    grads = {"d" + k: np.zeros_like(v) for k, v in caches[0][-1].items()}
    n_a, m, T = da.shape
    da_prev = np.zeros((n_a, m))
    dc_prev = np.zeros((n_a, m))
    dx = []
    for t in reversed(range(T)):
        g = lstm_cell_backward(da[:, :, t] + da_prev, dc_prev, caches[t])
        da_prev, dc_prev = g["da_prev"], g["dc_prev"]
        dx.insert(0, g["dxt"])
        for k in grads:
            grads[k] = g[k]
    grads["dx"] = np.stack(dx, axis=2)
    grads["da0"] = da_prev
    return grads


if __name__ == "__main__":
    np.random.seed(1)
    n_x, n_a, m, T = 3, 5, 4, 6
    prm = {}
    for g in "fico":
        prm["W" + g] = np.random.randn(n_a, n_a + n_x) * 0.3
        prm["b" + g] = np.random.randn(n_a, 1) * 0.1
    x = np.random.randn(n_x, m, T)
    a, caches = lstm_forward(x, np.zeros((n_a, m)), prm)
    grads = lstm_backward(a - 0.1, caches)
    print({k: v.shape for k, v in grads.items()})
