"""Everyday forms: what is right is right, and of each planted mistake the line is named."""

from pathlib import Path

import pytest

from handnn.diagnosis.check import verdicts

PROGRAMS = Path(__file__).parent / "programs" / "everyday"
FORMS = {
    "layers_by_number": [
        ('(params["W" + str(i)].T @ dz)', '(params["W" + str(count)].T @ dz)'),  # right with two layers
        ("np.sum(dz, axis=1, keepdims=True)", "np.sum(dz)"),  # right of one bias for all units
    ],
    "samples_counted_outside": [
        ("db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)", "db2 = 1 / m * np.sum(dZ2)"),
        ("W2.T.dot(dZ2)", "W2.dot(dZ2)"),  # runs on layers of as many units only
        ("dZ1 = W2.T.dot(dZ2) * (Z1 > 0)", "dZ1 = W2.T.dot(dZ2)"),
    ],
    "losses_of_classes": [
        ("onehot[np.arange(len(y)), y] = 1", "onehot[:, y] = 1"),
        ("dW += 2 * reg * W", "dW += reg * W"),
    ],
    "tied_autoencoder": [
        ("np.dot(dz, self.W) * h * (1 - h)", "np.dot(dz, self.W) * z[:, :4] * (1 - z[:, :4])"),
        ("np.sum(dh, axis=0)", "np.mean(dh, axis=0)"),
        ("dW = np.dot(x.T, dh) + np.dot(dz.T, h)", "dW = np.dot(x.T, dh)"),
    ],
    "masked_factors": [
        ("-2 * err.dot(self.Q) + 2 * self.reg * self.P", "-2 * err.dot(self.Q) + self.reg * self.P"),
        ("-2 * err.T.dot(self.P) + 2 * self.reg * self.Q", "2 * err.T.dot(self.P) + 2 * self.reg * self.Q"),
    ],
    "line_of_numbers": [
        ("d_theta1 = (1 / m) * np.sum((y_pred - y) * x)", "d_theta1 = (1 / m) * np.sum(y_pred - y) * np.sum(x)"),
        ("d_theta0 = (1 / m) * np.sum(y_pred - y)", "d_theta0 = (2 / m) * np.sum(y_pred - y)"),
    ],
    "normalized_and_dropped": [
        ("dX_norm = dout * gamma", "dX_norm = dout * beta"),  # not where it is taken out of the cache
        ("dX = dout * cache", "dX = dout * (cache > 0)"),
    ],
    "weights_made_by_fit": [
        ("(1 - self.a1**2)", "self.a1 * (1 - self.a1)"),
        ("self.dW1 = X.T @ d1", "self.dW1 = X.T @ d1 / m"),
        ("self.b2 -= self.lr * self.db2", "self.b2 += self.lr * self.db2"),
    ],
    "weights_made_by_a_helper": [
        ("self.w = self.w - self.alpha * dw", "self.w = self.w + self.alpha * dw"),
        ("db = 1 / m * np.sum(A - Y)", "db = np.sum(A - Y)"),
    ],
    "lists_made_by_a_helper": [
        ("self.a[i].T @ delta", "self.a[i + 1].T @ delta"),
        ("* self.a[-1] * (1 - self.a[-1])", "* (1 - self.a[-1])"),
    ],
    "start_of_a_function": [
        ("np.dot(X, (A - Y).T) / m", "np.dot(X, (A - Y).T)"),
        ("b = b - lr * db", "b = b + lr * db"),
    ],
    "unrolled_ratings": [
        ("+ Lambda * X\n", "+ Lambda / 2 * X\n"),
        ("unroll(X_grad, Theta_grad)\n", "unroll(Theta_grad, X_grad)\n"),
    ],
    "loss_after_the_step": [
        ("dw = 2 * X.T @ err / len(X)", "dw = X.T @ err / len(X)"),
        ("err = pred - y", "err = y - pred"),
        ("db = 2 * err.mean()", "db = 2 * err.sum()"),
    ],
    "adam_in_a_script": [
        ("(1 - beta2) * grad**2", "(1 - beta2) * grad"),
        ("v_hat = v / (1 - beta2**t)", "v_hat = v / (1 - beta1**t)"),
    ],
    "momentum_times_the_rate": [
        ("self.momentum * self.v2 -", "self.v2 -"),
        ("(1 - h**2)", "(1 - h)"),
    ],
    "settings_of_words": [
        ("e += y - t", "e += t - y"),
        ("e += y - t", "e = y - t"),
        ("np.outer(x, W2 @ e)", "np.outer(x, W2 @ y)"),
        ('W2 = W2 - settings["learning_rate"]', 'W2 = W2 + settings["learning_rate"]'),
    ],
    "descents_of_a_function": [
        ("(1 - beta2) * g**2", "(1 - beta2) * g"),
        ("s = decay * s + (1 - decay) * g * g", "s = s + (1 - decay) * g * g"),
        ("v = gamma * v + learning_rate * grad(theta)", "v = gamma * v + (1 - learning_rate) * grad(theta)"),
    ],
    "rated_factors": [
        ("self.alpha * (e - self.beta * self.b_u[i])", "self.alpha * (e + self.beta * self.b_u[i])"),
        ("self.b_i[j] += self", "self.b_i[j] -= self"),
    ],
    "points_of_a_line": [
        ("b_gradient += -(2 / N)", "b_gradient += (2 / N)"),
        ("new_m = m_current -", "new_m = b_current -"),
        ("* x * (y -", "* (y -"),
    ],
    "slopes_of_a_line": [
        ("* (y - m * x - c) * x", "* (y - m * x - c)"),
        ("m_slope +=", "m_slope ="),
    ],
    "penalties_of_a_layer": [  # all are 0 by default
        ("2 * self.weight_regularizer_l2 * self.weights", "self.weight_regularizer_l2 * self.weights"),
        ("dL1[self.weights < 0] = -1", "dL1[self.weights < 0] = 0"),
        ("2 * self.bias_regularizer_l2 * self.biases", "2 * self.weight_regularizer_l2 * self.biases"),
    ],
    "penalty_by_a_method": [
        ("d + self.l2 * self.W", "d + 2 * self.l2 * self.W"),
        ("d + self.l2 * self.W", "d - self.l2 * self.W"),
    ],
    "pairs_of_words": [
        ("grad_h += g * W_out[idx]", "grad_h = g * W_out[idx]"),
        ("W_in[target] -= lr * grad_h", "W_in[target] -= lr * g"),
    ],
    "words_of_an_object": [
        ("e[c] -= 1", "e[c] += 1"),
        ("e += y", "e = y.copy()"),
        ("self.W1[center] -= self.lr * dh", "self.W1[center] -= self.lr * h"),
    ],
    "drawn_words_of_an_object": [
        ("dv = (p - 1) * u + q @ n", "dv = (p - 1) * u - q @ n"),
        ("q[:, None] * v[None, :]", "(q[:, None] - 1) * v[None, :]"),
    ],
    "model_with_a_penalty": [
        ("(1 - np.power(a1, 2))", "(1 - a1)"),
        ("dW1 = np.dot(X.T, delta2)", "dW1 = np.dot(X.T, delta3.dot(W2.T))"),
        ("(a1.T).dot(delta3)", "(a1.T).dot(delta3) / 2"),
    ],
}  # fmt: skip


MENDS = [
    ("losses_of_classes", "                dW[:, y[i]] -= X[i]\n", "", "after it `dW[:, y[i]] -= X[i]` is missing"),
    ("losses_of_classes", "onehot[np.arange(len(y)), y]", "onehot[:, y]", "index `:` where `range(len(y))` belongs"),
    ("tied_autoencoder", " + np.dot(dz.T, h)", "", "the term `dz.T @ h` missing"),
]  # fmt: skip


def judged(path):
    return [found["verdict"] for found in verdicts(str(path))]


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_what_is_right_is_called_right(name):
    found = judged(PROGRAMS / f"{name}.py")
    assert found and all(one["ok"] and one["checked"] for one in found)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "old", "new"), [(name, *pair) for name, pairs in FORMS.items() for pair in pairs])
def test_the_line_of_a_planted_mistake_is_named(tmp_path, name, old, new):
    text = (PROGRAMS / f"{name}.py").read_text()
    assert text.count(old) == 1
    (tmp_path / f"{name}.py").write_text(text.replace(old, new))
    line = text[: text.index(old)].count("\n") + 1
    assert line in {blame["line"] for one in judged(tmp_path / f"{name}.py") for blame in one["blamed"]}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "old", "new", "said"), MENDS)
def test_a_planted_mistake_is_explained(tmp_path, name, old, new, said):
    text = (PROGRAMS / f"{name}.py").read_text()
    assert text.count(old) == 1
    (tmp_path / f"{name}.py").write_text(text.replace(old, new))
    assert said in {blame["mistake"] for one in judged(tmp_path / f"{name}.py") for blame in one["blamed"]}


NEWTON = """
import numpy as np
def newton(X, y, w, n_iter=10):
    for _ in range(n_iter):
        p = 1 / (1 + np.exp(-X @ w))
        g = X.T @ (p - y)
        H = (X.T * (p * (1 - p))) @ X
        step = np.linalg.solve(H, g)
        w = w - step
    return w
"""


@pytest.mark.slow
@pytest.mark.parametrize("step", ["np.linalg.solve(H, g)", "np.linalg.inv(H) @ g"])
def test_a_step_that_solves_is_no_wrong_gradient(tmp_path, step):
    (tmp_path / "newton.py").write_text(NEWTON.replace("np.linalg.solve(H, g)", step))
    (found,) = judged(tmp_path / "newton.py")
    assert found["verdict"] == "incomplete" and found["checked"] == ["w"]


NAIVE_FACTORS = """
import numpy as np
def factorize(R, P, Q, K, steps=5000, alpha=0.0002, beta=0.02):
    Q = Q.T
    for step in range(steps):
        for i in range(len(R)):
            for j in range(len(R[i])):
                if R[i][j] > 0:
                    eij = R[i][j] - np.dot(P[i, :], Q[:, j])
                    for k in range(K):
                        P[i][k] = P[i][k] + alpha * (2 * eij * Q[k][j] - beta * P[i][k])
                        Q[k][j] = Q[k][j] + alpha * (2 * eij * P[i][k] - beta * Q[k][j])
    return P, Q.T
if __name__ == "__main__":
    R = np.array([[5, 3, 0, 1], [4, 0, 0, 1], [1, 1, 0, 5]])
    P, Q = factorize(R, np.random.rand(3, 2), np.random.rand(4, 2), 2, 3)
"""


@pytest.mark.slow
def test_factors_that_have_moved_already_are_named(tmp_path):
    (tmp_path / "factors.py").write_text(NAIVE_FACTORS)
    (found,) = judged(tmp_path / "factors.py")
    (blamed,) = found["blamed"]
    assert blamed["line"] == 12 and "have moved already" in blamed["mistake"]
