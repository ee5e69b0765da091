"""Right optimizers with the defaults of PyTorch and of the papers: a match or another convention, never wrong."""

import numpy as np
import pytest

from handnn.diagnosis import check_optimizer


def sgd(x, g, lr=1e-3):
    return x - lr * g


def momentum_of_pytorch(x, g, m, lr=1e-3, mu=0.9):
    m = mu * m + g
    return x - lr * m, m


def momentum_of_keras(x, g, m, lr=1e-2, mu=0.9):
    m = mu * m - lr * g
    return x + m, m


def nesterov_of_pytorch(x, g, m, lr=1e-3, mu=0.9):
    m = mu * m + g
    return x - lr * (g + mu * m), m


def rmsprop_of_pytorch(x, g, v, lr=1e-2, alpha=0.99, eps=1e-8):
    v = alpha * v + (1 - alpha) * g**2
    return x - lr * g / (np.sqrt(v) + eps), v


def rmsprop_of_hinton(x, g, v, lr=1e-3, rho=0.9, eps=1e-6):
    v = rho * v + (1 - rho) * g**2
    return x - lr * g / np.sqrt(v + eps), v


def rmsprop_eps_8(x, g, v, lr=1e-3, rho=0.9, eps=1e-8):
    v = rho * v + (1 - rho) * g**2
    return x - lr * g / (np.sqrt(v) + eps), v


def adagrad_of_pytorch(x, g, v, lr=1e-2, eps=1e-10):
    v = v + g**2
    return x - lr * g / (np.sqrt(v) + eps), v


def adagrad_of_the_course(x, g, v, lr=1e-2, eps=1e-7):
    v = v + g * g
    return x - lr * g / (np.sqrt(v) + eps), v


def adadelta_of_pytorch(x, g, v, u, lr=1.0, rho=0.9, eps=1e-6):
    v = rho * v + (1 - rho) * g**2
    step = np.sqrt(u + eps) / np.sqrt(v + eps) * g
    u = rho * u + (1 - rho) * step**2
    return x - lr * step, v, u


def adadelta_of_the_paper(x, g, v, u, rho=0.95, eps=1e-6):
    v = rho * v + (1 - rho) * g**2
    step = -np.sqrt(u + eps) / np.sqrt(v + eps) * g
    u = rho * u + (1 - rho) * step**2
    return x + step, v, u


def adam_of_the_paper(x, g, m, v, t, lr=1e-3, b1=0.9, b2=0.999, eps=1e-8):
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
    return x - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), m, v


def adam_in_the_efficient_form(x, g, m, v, t, lr=1e-3, b1=0.9, b2=0.999, eps=1e-8):
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
    return x - lr * np.sqrt(1 - b2**t) / (1 - b1**t) * m / (np.sqrt(v) + eps), m, v


def adamw_of_pytorch(x, g, m, v, t, lr=1e-3, b1=0.9, b2=0.999, eps=1e-8, wd=1e-2):
    x = x * (1 - lr * wd)
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
    return x - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), m, v


def adamax_of_pytorch(x, g, m, u, t, lr=2e-3, b1=0.9, b2=0.999, eps=1e-8):
    m = b1 * m + (1 - b1) * g
    u = np.maximum(b2 * u, np.abs(g) + eps)
    return x - lr / (1 - b1**t) * m / u, m, u


def adamax_of_the_paper(x, g, m, u, t, lr=2e-3, b1=0.9, b2=0.999):
    m = b1 * m + (1 - b1) * g
    u = np.maximum(b2 * u, np.abs(g))
    return x - lr / (1 - b1**t) * m / u, m, u


def lion_of_the_paper(x, g, m, lr=1e-4, b1=0.9, b2=0.99):
    update = np.sign(b1 * m + (1 - b1) * g)
    return x - lr * update, b2 * m + (1 - b2) * g


SEVENTEEN = {
    sgd: "sgd",
    momentum_of_pytorch: "sgd(momentum=0.9)",
    momentum_of_keras: "sgd(momentum=0.9)",
    nesterov_of_pytorch: "sgd(momentum=0.9, nesterov=True)",
    rmsprop_of_pytorch: "rmsprop",
    rmsprop_of_hinton: "rmsprop",
    rmsprop_eps_8: "rmsprop",
    adagrad_of_pytorch: "adagrad",
    adagrad_of_the_course: "adagrad",
    adadelta_of_pytorch: "adadelta",
    adadelta_of_the_paper: "adadelta",
    adam_of_the_paper: "adam",
    adam_in_the_efficient_form: "adam",
    adamw_of_pytorch: "adamw",
    adamax_of_pytorch: "adamax",
    adamax_of_the_paper: "adamax",
    lion_of_the_paper: "lion",
}
OPTIONS = {
    "sgd(momentum=0.9)": {"momentum": 0.9},
    "sgd(momentum=0.9, nesterov=True)": {"momentum": 0.9, "nesterov": True},
}


OPEN = pytest.mark.xfail(reason="three differences at once, and another rate, are not searched together", strict=True)


@pytest.mark.quick(3)
@pytest.mark.parametrize("step", [pytest.param(s, marks=OPEN if s is rmsprop_of_pytorch else ()) for s in SEVENTEEN])
def test_a_right_optimizer_is_never_called_wrong(step):
    name = SEVENTEEN[step]
    verdict = check_optimizer(step, name.partition("(")[0], **OPTIONS.get(name, {}))
    assert verdict.verdict in ("match", "other convention"), verdict
