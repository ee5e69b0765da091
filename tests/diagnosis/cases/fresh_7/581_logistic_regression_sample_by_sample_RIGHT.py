"""Truth: RIGHT. 'a - y must be multiplied by a (1 - a)' was asked: not with this cost. Loops over the samples and the features."""
import math


def propagate(w, b, X, Y):
    J, db = 0.0, 0.0
    dw = [0.0] * len(w)
    m = len(X)
    for i in range(m):
        z = sum(w[j] * X[i][j] for j in range(len(w))) + b
        a = 1 / (1 + math.exp(-z))
        J += -(Y[i] * math.log(a) + (1 - Y[i]) * math.log(1 - a))
        dz = a - Y[i]
        for j in range(len(w)):
            dw[j] += X[i][j] * dz
        db += dz
    J /= m
    db /= m
    for j in range(len(w)):
        dw[j] /= m
    return J, dw, db
