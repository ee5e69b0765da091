import numpy as np

def sigmoid(z): return 1 / (1 + np.exp(-z))
def relu(z): return np.maximum(0, z)

def layer_forward(A_prev, W, b, activation):
    Z = W @ A_prev + b
    A = sigmoid(Z) if activation == "sigmoid" else relu(Z)
    return A, (A_prev, W, Z)

def layer_backward(dA, cache, activation):
    A_prev, W, Z = cache
    if activation == "relu":
        dZ = dA * (Z > 0)  # not: dZ = dA * (Z >= 1)
    else:
        dZ = dA * sigmoid(Z) * (1 - sigmoid(Z))
    return W.T @ dZ, dZ @ A_prev.T, dZ.sum(axis=1, keepdims=True)
