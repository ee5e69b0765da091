"""Truth: RIGHT. Functions for a network of any depth, samples in columns, caches in a list, units kept with keep_prob and divided by it
on both ways, an L2 term in cost and gradients.
"""
import numpy as np


def relu(Z):
    return np.maximum(0, Z), Z


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z)), Z


def relu_backward(dA, Z):
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ


def sigmoid_backward(dA, Z):
    s = 1 / (1 + np.exp(-Z))
    return dA * s * (1 - s)


def initialize_parameters_he(layers_dims):
    np.random.seed(3)
    parameters = {}
    for l in range(1, len(layers_dims)):
        parameters['W' + str(l)] = np.random.randn(layers_dims[l], layers_dims[l - 1]) * np.sqrt(2 / layers_dims[l - 1])
        parameters['b' + str(l)] = np.zeros((layers_dims[l], 1))
    return parameters


def linear_activation_forward(A_prev, W, b, activation):
    Z = W.dot(A_prev) + b
    if activation == "sigmoid":
        A, activation_cache = sigmoid(Z)
    elif activation == "relu":
        A, activation_cache = relu(Z)
    return A, ((A_prev, W, b), activation_cache)


def L_model_forward(X, parameters, keep_prob=1.0):
    caches = []
    masks = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L):
        A, cache = linear_activation_forward(A, parameters['W' + str(l)], parameters['b' + str(l)], "relu")
        D = np.random.rand(*A.shape) < keep_prob
        A = A * D / keep_prob
        caches.append(cache)
        masks.append(D)
    AL, cache = linear_activation_forward(A, parameters['W' + str(L)], parameters['b' + str(L)], "sigmoid")
    caches.append(cache)
    return AL, (caches, masks)


def compute_cost(AL, Y, parameters, lambd):
    m = Y.shape[1]
    cross_entropy = -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m
    L = len(parameters) // 2
    l2 = sum(np.sum(np.square(parameters['W' + str(l)])) for l in range(1, L + 1))
    return cross_entropy + lambd / (2 * m) * l2


def linear_backward(dZ, linear_cache, lambd):
    A_prev, W, b = linear_cache
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T) / m + (lambd / m) * W
    db = np.sum(dZ, axis=1, keepdims=True) / m
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db


def L_model_backward(AL, Y, memory, lambd, keep_prob=1.0):
    caches, masks = memory
    grads = {}
    L = len(caches)
    dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    linear_cache, Z = caches[L - 1]
    dA, grads['dW' + str(L)], grads['db' + str(L)] = linear_backward(sigmoid_backward(dAL, Z), linear_cache, lambd)
    for l in reversed(range(L - 1)):
        dA = dA * masks[l] / keep_prob
        linear_cache, Z = caches[l]
        dA, grads['dW' + str(l + 1)], grads['db' + str(l + 1)] = linear_backward(relu_backward(dA, Z), linear_cache, lambd)
    return grads


def update_parameters(parameters, grads, learning_rate):
    for key in parameters:
        parameters[key] = parameters[key] - learning_rate * grads['d' + key]
    return parameters


def model(X, Y, layers_dims, learning_rate=0.05, num_iterations=600, lambd=0.1, keep_prob=0.9):
    parameters = initialize_parameters_he(layers_dims)
    for i in range(num_iterations):
        AL, memory = L_model_forward(X, parameters, keep_prob)
        cost = compute_cost(AL, Y, parameters, lambd)
        grads = L_model_backward(AL, Y, memory, lambd, keep_prob)
        parameters = update_parameters(parameters, grads, learning_rate)
        if i % 200 == 0:
            print("Cost after iteration {}: {}".format(i, cost))
    return parameters


if __name__ == "__main__":
    gen = np.random.RandomState(1)
    X = gen.randn(3, 120)
    Y = (np.sum(X ** 2, axis=0, keepdims=True) > 2.5).astype(float)
    parameters = model(X, Y, [3, 10, 6, 1])
    AL, _ = L_model_forward(X, parameters)
    print("train accuracy:", np.mean((AL > 0.5) == Y))
