"""Textbook code is right: constants as they are written, epsilons of one's own, float32 inside, exact and tanh gelu."""

import math

import numpy as np
import pytest

from handnn.diagnosis import check_activation, check_loss, check_network

erf = np.vectorize(math.erf)
ROOT = math.sqrt(2 / math.pi)


def gelu(z):
    return 0.5 * z * (1 + erf(z / np.sqrt(2)))


def gelu_slope(z):
    return 0.5 * (1 + erf(z / np.sqrt(2))) + z * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)


def tanh_gelu(z, root=ROOT):
    return 0.5 * z * (1 + np.tanh(root * (z + 0.044715 * z**3)))


def tanh_gelu_slope(z, root=ROOT):
    t = np.tanh(root * (z + 0.044715 * z**3))
    return 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * root * (1 + 3 * 0.044715 * z * z)


def selu(z):
    return np.where(z > 0, 1.0507 * z, 1.0507 * 1.67326 * (np.exp(np.minimum(z, 0)) - 1))


def selu_slope(z):
    return np.where(z > 0, 1.0507, 1.0507 * 1.67326 * np.exp(np.minimum(z, 0)))


RIGHT = ("match", "other convention", "unstable")
ACTIVATIONS = {
    "gelu by erf": (gelu, gelu_slope, "gelu"),
    "gelu by tanh": (tanh_gelu, tanh_gelu_slope, "gelu"),
    "gelu of six digits": (lambda z: tanh_gelu(z, 0.797885), lambda z: tanh_gelu_slope(z, 0.797885), "gelu"),
    "selu of six digits": (selu, selu_slope, "selu"),
    "exp(x) - 1": (lambda z: np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1),
                   lambda z: np.where(z > 0, 1, np.exp(np.minimum(z, 0))), "elu"),
    "the other side of a kink": (lambda z: np.maximum(z, 0), lambda z: (z >= 0) * 1.0, "relu"),
    "float32 inside": (lambda z: np.tanh(z.astype("f4")), lambda z: 1 - np.tanh(z.astype("f4")) ** 2, "tanh"),
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_textbook_activations_are_right(name):
    verdict = check_activation(*ACTIVATIONS[name])
    assert verdict.verdict in RIGHT, verdict


@pytest.mark.parametrize("factor", [1.0001, 1.00002])
def test_a_constant_that_is_off_by_more_is_wrong(factor):
    verdict = check_activation(lambda z: factor * gelu(z), None, "gelu")
    assert verdict.unknown, verdict


def crossentropy(p, y):
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


LOSSES = {
    "Poisson without epsilon": (lambda y, p: np.mean(p - y * np.log(p)), lambda y, p: (1 - y / p) / p.size, "poisson"),
    "an epsilon of one's own": (lambda y, p: crossentropy(p + 1e-8, y), None, "binary_crossentropy"),
    "another clip": (lambda y, p: crossentropy(np.clip(p, 1e-9, 1 - 1e-9), y), None, "binary_crossentropy"),
    "float32 inside": (lambda y, p: crossentropy(p.astype("f4"), y.astype("f4")), None, "binary_crossentropy"),
}


@pytest.mark.quick(1)
@pytest.mark.parametrize("name", LOSSES)
def test_textbook_losses_are_right(name):
    verdict = check_loss(*LOSSES[name])
    assert verdict.verdict in RIGHT, verdict


def network(f, slope, single=False, scalar=False):
    def loss_and_gradients(parameters, x, y):
        if single:
            parameters, x, y = [p.astype("f4") for p in parameters], x.astype("f4"), y.astype("f4")
        W1, b1, W2, b2 = parameters
        z = x @ W1 + b1
        a = f(z)
        error = a @ W2 + b2 - y
        delta2 = 2 * error / error.size
        delta1 = delta2 @ W2.T * slope(z)
        db2 = delta2.sum() if scalar else delta2.sum(axis=0)
        return (error**2).mean(), [x.T @ delta1, delta1.sum(axis=0), a.T @ delta2, db2]

    return loss_and_gradients


def tanh_slope(z):
    return 1 - np.tanh(z) ** 2


NETWORKS = {
    "a number for db": (network(np.tanh, tanh_slope, scalar=True), "tanh"),
    "float32 inside": (network(np.tanh, tanh_slope, single=True), "tanh"),
    "a slope of 0.2": (network(lambda z: np.where(z > 0, z, 0.2 * z), lambda z: np.where(z > 0, 1, 0.2)), "leaky_relu"),
    "another alpha": (network(lambda z: np.where(z > 0, z, 0.5 * np.expm1(np.minimum(z, 0))),
                              lambda z: np.where(z > 0, 1, 0.5 * np.exp(np.minimum(z, 0)))), "elu"),
    "gelu by erf": (network(gelu, gelu_slope), "gelu"),
    "gelu by tanh": (network(tanh_gelu, tanh_gelu_slope), "gelu"),
}  # fmt: skip


@pytest.mark.quick(2)
@pytest.mark.parametrize("name", NETWORKS)
def test_textbook_networks_are_right(name):
    function, activation = NETWORKS[name]
    verdict = check_network(function, f"4-5-1 {activation} linear mean_squared_error")
    assert verdict.ok, verdict


@pytest.mark.slow
def test_an_approximation_whose_loss_is_near_by_chance_is_right():
    """In float32 the loss of the tanh form fits that of the exact one on some draws, its gradients do not."""

    def loss_and_gradients(parameters, x, y):
        W1, b1, W2, b2 = parameters
        z = x @ W1 + b1
        a = tanh_gelu(z)
        e = np.exp(a @ W2 + b2)
        p = e / e.sum(axis=1, keepdims=True)
        delta2 = (p - y) / len(x)
        delta1 = delta2 @ W2.T * tanh_gelu_slope(z)
        gradients = [x.T @ delta1, delta1.sum(axis=0), a.T @ delta2, delta2.sum(axis=0)]
        return -(y * np.log(p)).sum() / len(x), gradients

    assert check_network(loss_and_gradients, "4-5-3 gelu softmax categorical_crossentropy").ok


@pytest.mark.parametrize("own", [lambda p: np.log(p + 1e-8), lambda p: np.log(np.clip(p, 1e-9, 1))])
def test_logarithms_with_an_epsilon_are_right_in_a_network(own):
    def loss_and_gradients(parameters, x, y):
        W, b = parameters
        e = np.exp(x @ W + b)
        p = e / e.sum(axis=1, keepdims=True)
        delta = (p - y) / len(x)
        return -(y * own(p)).sum() / len(x), [x.T @ delta, delta.sum(axis=0)]

    assert check_network(loss_and_gradients, "4-3 softmax categorical_crossentropy").ok


@pytest.mark.slow
def test_what_float32_could_tell_is_wrong_in_a_network():
    function = network(lambda z: 1.0001 * np.tanh(z), lambda z: 1.0001 * tanh_slope(z))
    assert check_network(function, "4-5-1 tanh linear mean_squared_error").unknown
