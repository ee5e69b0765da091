"""Truth: the candidate's slope is 1 - cct**2, for cct is a tanh already. The form of the course: columns are samples, time is the last
axis, a cache per step, the gradients in a dict.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_cell_forward(xt, a_prev, c_prev, parameters):
    concat = np.concatenate((a_prev, xt), axis=0)
    ft = sigmoid(np.dot(parameters["Wf"], concat) + parameters["bf"])
    it = sigmoid(np.dot(parameters["Wi"], concat) + parameters["bi"])
    cct = np.tanh(np.dot(parameters["Wc"], concat) + parameters["bc"])
    c_next = ft * c_prev + it * cct
    ot = sigmoid(np.dot(parameters["Wo"], concat) + parameters["bo"])
    a_next = ot * np.tanh(c_next)
    return a_next, c_next, (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters)


def lstm_forward(x, a0, parameters):
    n_x, m, T_x = x.shape
    n_a = parameters["bf"].shape[0]
    a = np.zeros((n_a, m, T_x))
    a_next, c_next, caches = a0, np.zeros((n_a, m)), []
    for t in range(T_x):
        a_next, c_next, cache = lstm_cell_forward(x[:, :, t], a_next, c_next, parameters)
        a[:, :, t] = a_next
        caches.append(cache)
    return a, (caches, x)


def lstm_cell_backward(da_next, dc_next, cache):
    a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters = cache
    n_a = a_next.shape[0]
    dot = da_next * np.tanh(c_next) * ot * (1 - ot)
    dc = dc_next + da_next * ot * (1 - np.tanh(c_next) ** 2)
    dcct = dc * it * (1 - np.tanh(cct) ** 2)
    dit = dc * cct * it * (1 - it)
    dft = dc * c_prev * ft * (1 - ft)
    concat = np.concatenate((a_prev, xt), axis=0)
    d_concat = (parameters["Wf"].T @ dft + parameters["Wi"].T @ dit
                + parameters["Wc"].T @ dcct + parameters["Wo"].T @ dot)
    return {
        "dxt": d_concat[n_a:], "da_prev": d_concat[:n_a], "dc_prev": dc * ft,
        "dWf": dft @ concat.T, "dbf": dft.sum(axis=1, keepdims=True),
        "dWi": dit @ concat.T, "dbi": dit.sum(axis=1, keepdims=True),
        "dWc": dcct @ concat.T, "dbc": dcct.sum(axis=1, keepdims=True),
        "dWo": dot @ concat.T, "dbo": dot.sum(axis=1, keepdims=True),
    }


def lstm_backward(da, caches):
    caches, x = caches
    n_a, m, T_x = da.shape
    parameters = caches[0][-1]
    gradients = {"d" + name: np.zeros_like(value) for name, value in parameters.items()}
    dx = np.zeros(x.shape)
    da_prevt, dc_prevt = np.zeros((n_a, m)), np.zeros((n_a, m))
    for t in reversed(range(T_x)):
        step = lstm_cell_backward(da[:, :, t] + da_prevt, dc_prevt, caches[t])
        da_prevt, dc_prevt = step["da_prev"], step["dc_prev"]
        dx[:, :, t] = step["dxt"]
        for name in parameters:
            gradients["d" + name] += step["d" + name]
    gradients["dx"], gradients["da0"] = dx, da_prevt
    return gradients
