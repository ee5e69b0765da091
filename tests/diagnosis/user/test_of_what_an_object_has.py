"""Losses, costs and layers that say little of themselves: without labels, of an error, of the output, of kernels."""

import pytest

from handnn.diagnosis.check import verdicts

HEAD = "import numpy as np\n"
VAE = """
class VAE:
    def __init__(self, n_in=4, n_latent=3):
        rng = np.random.RandomState(0)
        self.Wmu, self.Wlv = rng.randn(n_in, n_latent) * 0.3, rng.randn(n_in, n_latent) * 0.3
        self.Wo, self.bo = rng.randn(n_latent, n_in) * 0.3, np.zeros(n_in)
    def forward(self, x, eps):
        self.x, self.eps = x, eps
        self.mu, self.logvar = x @ self.Wmu, x @ self.Wlv
        self.std = np.exp(0.5 * self.logvar)
        self.z = self.mu + self.std * eps
        self.out = self.z @ self.Wo + self.bo
        return self.out
    def loss(self):
        kl = -0.5 * np.sum(1 + self.logvar - self.mu ** 2 - np.exp(self.logvar))
        return (0.5 * np.sum((self.out - self.x) ** 2) + kl) / len(self.x)
    def backward(self):
        n = len(self.x)
        da = (self.out - self.x) / n
        dz = da @ self.Wo.T
        dmu = dz + self.mu / n
        dlogvar = dz * self.eps * 0.5 * self.std + 0.5 * (np.exp(self.logvar) - 1) / n
        return {"Wo": self.z.T @ da, "bo": da.sum(axis=0), "Wmu": self.x.T @ dmu, "Wlv": self.x.T @ dlogvar}
if __name__ == "__main__":
    vae = VAE()
    vae.forward(np.random.randn(9, 4), np.random.randn(9, 3))
    print(vae.loss(), vae.backward())
"""
COST = """
def sigmoid(x):
    return 1 / (1 + np.exp(-x))
def sigmoid_der(y):
    return y * (1 - y)
def cost(error):
    return error * error
def cost_der(error):
    return 2 * error
"""
FIRST = """
class FirstLayer:
    def __init__(self, count=2, size=2):
        self.size, self.kernels = size, np.random.randn(count, size, size)
    def forward(self, image):
        self.image = image
        h, w = image.shape[0] - self.size + 1, image.shape[1] - self.size + 1
        out = np.zeros((h, w, len(self.kernels)))
        for i in range(h):
            for j in range(w):
                out[i, j] = np.sum(image[i:i + self.size, j:j + self.size] * self.kernels, axis=(1, 2))
        return out
    def backward(self, grad, lr):
        dk = np.zeros(self.kernels.shape)
        for i in range(grad.shape[0]):
            for j in range(grad.shape[1]):
                for f in range(len(dk)):
                    dk[f] += grad[i, j, f] * self.image[i:i + self.size, j:j + self.size]
        self.kernels -= lr * dk
        return dk
"""
CAUGHT = """
class Words:
    def __init__(self, n=5, k=3):
        self.w1, self.w2, self.lr = np.random.randn(n, k), np.random.randn(k, n), 0.1
    def forward_pass(self, x):
        h = np.dot(self.w1.T, x)
        u = np.dot(self.w2.T, h)
        e = np.exp(u - u.max())
        return e / e.sum(), h, u
    def backprop(self, e, h, x):
        dw2 = np.outer(h, e)
        dw1 = np.outer(x, np.dot(self.w2, e))
        self.w1 = self.w1 - self.lr * dw1
        self.w2 = self.w2 - self.lr * dw2
    def train(self, data):
        for x, y in data:
            y_pred, h, u = self.forward_pass(x)
            self.backprop(y_pred - y, h, x)
if __name__ == "__main__":
    Words().train([(np.eye(5)[1], np.eye(5)[2]), (np.eye(5)[0], np.eye(5)[3])])
"""


def said(folder, text):
    (folder / "mine.py").write_text(HEAD + text)
    return {v["name"]: v["verdict"] for v in verdicts(str(folder / "mine.py"))}


def test_a_loss_of_what_the_object_has_is_the_networks(tmp_path):
    assert said(tmp_path, VAE)["VAE"]["verdict"] == "match"


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), [("dz + self.mu / n", "dz + self.mu"), ("* 0.5 * self.std", "* self.std")])
def test_a_slip_beside_such_a_loss_is_located(tmp_path, old, new):
    (blame,) = said(tmp_path, VAE.replace(old, new))["VAE"]["blamed"]
    assert blame["line"] == (HEAD + VAE)[: (HEAD + VAE).index(old)].count("\n") + 1


def test_a_cost_is_given_the_error_and_a_derivative_the_output(tmp_path):
    found = said(tmp_path, COST)
    assert found["cost"]["verdict"] == "match" and found["sigmoid"]["convention"]
    assert said(tmp_path, COST.replace("2 * error", "error"))["cost"]["verdict"] == "wrong"


def test_what_a_first_layer_returns_of_its_kernels_is_not_held_to_be_of_its_input(tmp_path):
    verdict = said(tmp_path, FIRST)["FirstLayer"]
    assert verdict["verdict"] == "match" and "derivatives of kernels in the step" in verdict["found"]
    assert said(tmp_path, FIRST.replace("dk[f] += grad", "dk[f] += -grad"))["FirstLayer"]["verdict"] == "wrong"


def test_a_class_that_takes_labels_from_its_softmax_is_given_the_gradient_before_it(tmp_path):
    assert said(tmp_path, CAUGHT)["Words"]["verdict"] == "other convention"
    assert said(tmp_path, CAUGHT.replace("y_pred - y", "y"))["Words"]["verdict"] == "wrong", "no labels are taken away"


ALIKE = """
def sigmoid(z):
    return 1 / (1 + np.exp(-z))
def sigmoid_prime(z):
    s = sigmoid(z)
    return s * (1 - s)
def tanh(z):
    return np.tanh(z)
def tanh_prime(z):
    return 1 - z ** 2
"""


def test_a_derivative_that_asks_for_z_is_of_z_where_another_of_the_file_is(tmp_path):
    """Alone, or where the others are of the output too, or with a name that says so, it may be given the output."""
    found = said(tmp_path, ALIKE)
    assert found["sigmoid"]["verdict"] == "match" or found["sigmoid"]["verdict"] == "unstable"
    assert found["tanh"]["verdict"] == "wrong" and found["tanh"]["blamed"][0]["line"] == 11
    for text in (
        ALIKE.replace("s = sigmoid(z)", "s = z"),
        ALIKE.replace("tanh_prime(z)", "tanh_prime(a)").replace("z ** 2", "a ** 2"),
    ):
        assert said(tmp_path, text)["tanh"]["verdict"] != "wrong"


GLOBALS = """
import math
def sigmoid(x):
    return 1 / (1 + math.exp(-x))
def backprop(x, target, w1, w2):
    h = sigmoid(x * w1)
    out = sigmoid(h * w2)
    error = out - target
    grad_out = 2 * error * out * (1 - out)
    grad_h = grad_out * w2 * h * (1 - h)
    d_w2 = grad_out * h
    d_w1 = grad_h * x
    return d_w1, d_w2
def main():
    w1, w2 = 0.3, -0.8
    for epoch in range(30):
        for x, y in ((0.2, 1), (0.9, 0)):
            d_w1, d_w2 = backprop(x, y, w1, w2)
            w1 -= 0.5 * d_w1
            w2 -= 0.5 * d_w2
"""


def test_globals_of_the_names_of_arguments_are_other_values(tmp_path):
    """`w1` of main() is not that which backprop is given: moved under one name, each run had another derivative."""
    assert said(tmp_path, GLOBALS)["backprop"]["verdict"] == "match"
    (blame,) = said(tmp_path, GLOBALS.replace("d_w2 = grad_out * h", "d_w2 = grad_out * w2"))["backprop"]["blamed"]
    assert (blame["line"], blame["fix"]) == (12, "grad_out * h")
