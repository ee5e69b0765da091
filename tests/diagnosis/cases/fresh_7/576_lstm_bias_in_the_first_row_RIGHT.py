"""Truth: RIGHT. One matrix for everything: its first row is the bias, the gates stand side by side as input, forget, output, candidate.
Time first.
"""
import numpy as np


def lstm_forward(X, WLSTM):
    n, b, input_size = X.shape
    d = WLSTM.shape[1] // 4
    Hin = np.zeros((n, b, WLSTM.shape[0]))
    Hout, IFOGf = np.zeros((n, b, d)), np.zeros((n, b, d * 4))
    C, Ct = np.zeros((n, b, d)), np.zeros((n, b, d))
    for t in range(n):
        prevh = Hout[t - 1] if t > 0 else np.zeros((b, d))
        Hin[t, :, 0] = 1
        Hin[t, :, 1 : input_size + 1] = X[t]
        Hin[t, :, input_size + 1 :] = prevh
        IFOG = Hin[t].dot(WLSTM)
        IFOGf[t, :, : 3 * d] = 1.0 / (1.0 + np.exp(-IFOG[:, : 3 * d]))
        IFOGf[t, :, 3 * d :] = np.tanh(IFOG[:, 3 * d :])
        prevc = C[t - 1] if t > 0 else np.zeros((b, d))
        C[t] = IFOGf[t, :, :d] * IFOGf[t, :, 3 * d :] + IFOGf[t, :, d : 2 * d] * prevc
        Ct[t] = np.tanh(C[t])
        Hout[t] = IFOGf[t, :, 2 * d : 3 * d] * Ct[t]
    cache = (WLSTM, Hout, IFOGf, C, Ct, Hin, input_size)
    return Hout, cache


def lstm_backward(dHout_in, cache):
    WLSTM, Hout, IFOGf, C, Ct, Hin, input_size = cache
    n, b, d = Hout.shape
    dIFOG, dIFOGf = np.zeros_like(IFOGf), np.zeros_like(IFOGf)
    dWLSTM, dHin, dC = np.zeros_like(WLSTM), np.zeros_like(Hin), np.zeros_like(C)
    dX = np.zeros((n, b, input_size))
    dHout = dHout_in.copy()
    for t in reversed(range(n)):
        dIFOGf[t, :, 2 * d : 3 * d] = Ct[t] * dHout[t]
        dC[t] += (1 - Ct[t] ** 2) * (IFOGf[t, :, 2 * d : 3 * d] * dHout[t])
        if t > 0:
            dIFOGf[t, :, d : 2 * d] = C[t - 1] * dC[t]
            dC[t - 1] += IFOGf[t, :, d : 2 * d] * dC[t]
        dIFOGf[t, :, :d] = IFOGf[t, :, 3 * d :] * dC[t]
        dIFOGf[t, :, 3 * d :] = IFOGf[t, :, :d] * dC[t]
        dIFOG[t, :, 3 * d :] = (1 - IFOGf[t, :, 3 * d :] ** 2) * dIFOGf[t, :, 3 * d :]
        y = IFOGf[t, :, : 3 * d]
        dIFOG[t, :, : 3 * d] = (y * (1.0 - y)) * dIFOGf[t, :, : 3 * d]
        dWLSTM += np.dot(Hin[t].T, dIFOG[t])
        dHin[t] = dIFOG[t].dot(WLSTM.T)
        dX[t] = dHin[t, :, 1 : input_size + 1]
        if t > 0:
            dHout[t - 1] += dHin[t, :, input_size + 1 :]
    return dX, dWLSTM
