"""Truth: in dcct a pair of parentheses is missing: tanh's slope (1 - cct^2) multiplies the second term only; it must be
(dc_next it + ot (1 - tanh(c_next)^2) it da_next) (1 - cct^2). The other gates are right. Columns, [a_prev, xt], dicts.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_cell_forward(xt, a_prev, c_prev, parameters):
    Wf, bf, Wi, bi = parameters["Wf"], parameters["bf"], parameters["Wi"], parameters["bi"]
    Wc, bc, Wo, bo = parameters["Wc"], parameters["bc"], parameters["Wo"], parameters["bo"]
    concat = np.concatenate((a_prev, xt))
    ft = sigmoid(np.dot(Wf, concat) + bf)
    it = sigmoid(np.dot(Wi, concat) + bi)
    cct = np.tanh(np.dot(Wc, concat) + bc)
    c_next = ft * c_prev + it * cct
    ot = sigmoid(np.dot(Wo, concat) + bo)
    a_next = ot * np.tanh(c_next)
    cache = (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters)
    return a_next, c_next, cache


def lstm_cell_backward(da_next, dc_next, cache):
    (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters) = cache
    n_a = a_next.shape[0]
    dot = da_next * np.tanh(c_next) * ot * (1 - ot)
    dcct = dc_next * it + ot * (1 - np.square(np.tanh(c_next))) * it * da_next * (1 - np.square(cct))
    dit = (dc_next * cct + ot * (1 - np.square(np.tanh(c_next))) * cct * da_next) * it * (1 - it)
    dft = (dc_next * c_prev + ot * (1 - np.square(np.tanh(c_next))) * c_prev * da_next) * ft * (1 - ft)
    concat = np.concatenate((a_prev, xt))
    dWf, dbf = np.dot(dft, concat.T), np.sum(dft, axis=1, keepdims=True)
    dWi, dbi = np.dot(dit, concat.T), np.sum(dit, axis=1, keepdims=True)
    dWc, dbc = np.dot(dcct, concat.T), np.sum(dcct, axis=1, keepdims=True)
    dWo, dbo = np.dot(dot, concat.T), np.sum(dot, axis=1, keepdims=True)
    dconcat = sum(np.dot(parameters[k].T, d) for k, d in (("Wf", dft), ("Wi", dit), ("Wc", dcct), ("Wo", dot)))
    da_prev, dxt = dconcat[:n_a], dconcat[n_a:]
    dc_prev = dc_next * ft + ot * (1 - np.square(np.tanh(c_next))) * ft * da_next
    return {"dxt": dxt, "da_prev": da_prev, "dc_prev": dc_prev, "dWf": dWf, "dbf": dbf, "dWi": dWi, "dbi": dbi,
            "dWc": dWc, "dbc": dbc, "dWo": dWo, "dbo": dbo}
