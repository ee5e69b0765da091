"""What the source says of data: words, heads, graphs, costs, losses of their arguments, keys; engines alone."""

from pathlib import Path

import numpy as np
import pytest

from handnn.diagnosis import check
from handnn.diagnosis.user import subjects
from handnn.diagnosis.user.call.subject import agreement
from handnn.diagnosis.user.protocols import Plain

PROGRAMS = Path(__file__).parent / "programs"
COMPARED = {
    ("attention_heads", "SelfAttention"): {"Wq", "Wk", "Wv", "Wo", "x"},
    ("nets_of_costs", "L_model_forward"): {f"{n}{i}" for n in "Wb" for i in (1, 2)},
    ("graph_layer", "GCNLayer"): {"W", "X"},
    ("nets_without_labels", "VAE"): {f"{n}{i}" for n in "Wb" for i in "1mv2"},
    ("lists_of_activations", "NeuralNetwork"): {"self.W[0]", "self.W[1]"},
    ("weights_made_by_training", "LogisticRegression"): {"weights", "bias"},
    ("weights_made_by_training", "LinearRegression"): {"W", "b"},
    ("descent", "gradientDescent"): {"theta"},
    ("table_of_words", "word_embedding_forward"): {"W"},
    ("gru_of_words", "GRU"): {f"{kind}{gate}" for kind in "WUb" for gate in "zrh"} | {"Wy", "by"},
    ("tables_of_drawn_words", "skipgram_loss_and_grads"): {"U", "V"},
    ("lists_of_layers", "cost_and_gradients"): {f"layers[{i}]['{n}']" for i in (0, 1) for n in ("kernel", "bias")},
    ("steps_without_losses", "PMF"): {"U", "V"},
    ("steps_with_losses", "Factors"): {"P", "Q"},
    ("shown_cell", "cell_forward"): {"seen", "state", "gates"},
    ("shown_bound", "bound_forward"): {"w_mean", "w_log", "w_out"},
    ("shown_engine", "Tensor_permute"): {"w1"},
    ("losses_of_arguments", "triplet_loss"): {"anchor", "positive", "negative"},
    ("losses_of_arguments", "neg_sampling_loss_and_gradient"): {"center_vec", "outside_vectors"},
}
SLIPS = {
    "attention_heads": ("ds.transpose(0,1,3,2) @ q", "ds @ q", "`ds` not transposed"),
    "nets_of_costs": ("keepdims=True) / m", "keepdims=True)", "`sum` where `mean` belongs"),
    "graph_layer": ("self.A @ dZ @ self.W.T", "dZ @ self.W.T", "the matrix `self.A` missing"),
    "nets_without_labels": ("0.5*dz*eps*std", "dz*eps*std", "the factor 0.5 missing"),
    "rules_by_key": ("(1 + self.mu)*self.v[k]", "self.mu*self.v[k]", "the term `self.v[k]` missing"),
    "rules_of_layers": (
        "bias_cache/(1 - self.beta_2",
        "bias_cache/(1 - self.beta_1",
        "`self.beta_1` where `self.beta_2` belongs",
    ),
    "blocks": ("(dxh*self.xhat).mean(", "(dxh*self.xhat).sum(", "`sum` where `mean` belongs"),
    "weights_made_by_training": (
        "(1/n_samples)*np.sum",
        "(1/n_features)*np.sum",
        "`n_features` where `n_samples` belongs",
    ),
    "layer_by_name": ("(1 - self.A**2)", "(1 - self.Z**2)", "`self.Z` where `self.A` belongs"),
    "gru_of_words": ("drhp*r[t]", "drhp", "the factor `r[t]` missing"),
    "momentum_in_forms": ("mu * v - lr * dw", "mu * v - dw", "the factor `lr` missing"),
    "tables_of_drawn_words": ("dU[n] +=", "dU[n] =", "`=` where `+=` belongs"),
    "lists_of_layers": ('"bias": delta.sum(0)', '"bias": delta.mean(0)', "`mean` where `sum` belongs"),
    "steps_without_losses": ("(err * uf - self", "(uf - self", "the factor `err` missing"),
    "sums_over_samples": ("db += gb", "db = gb", "`=` where `+=` belongs"),
    "steps_with_losses": ("self.alpha * (e * old", "self.alpha * (e * self.P[i]", "`self.P[i]` where `old` belongs"),
    "shown_cell": ("top * (1 - f), {", "top * f, {", "`f` where `(1 - f)` belongs"),
    "losses_of_arguments": ("dneg = 2", "dneg = -2", "a minus sign too much"),
}


@pytest.mark.parametrize(("file", "name"), COMPARED)
@pytest.mark.quick(1)
def test_every_derivative_is_compared(file, name):
    found = next(subjects(PROGRAMS / f"{file}.py", only=name))
    assert set(found.claimed) == COMPARED[file, name] == agreement(found)[0]


@pytest.mark.slow
def test_steps_of_objects_and_generators():
    """Layers with dicts, lists or names of weights, tensors, and generators: all take the very same steps."""
    read = list(subjects(PROGRAMS / "momentum_in_forms.py"))
    assert len(read) == 8
    for found in read:
        x, v = found.leaves["W1"], 0.0
        for step in range(1, found.steps + 1):
            v = 0.9 * v - 0.01 * found.leaves[f"dW1 of step {step}"]
            x = x + v
        assert np.array_equal(found.run(Plain())[1]["W1"], x), found.name


def test_a_sum_over_samples_is_compared_too():
    one, several = subjects(PROGRAMS / "sums_over_samples.py")
    assert set(several.claimed) == set(one.claimed) == {"W", "b"} == agreement(several)[0]
    assert (several.used, several.program.by_steps) == ({"W": 22, "b": 23}, True)


@pytest.mark.slow
@pytest.mark.parametrize("file", SLIPS)
def test_a_slip_is_explained(file, tmp_path):
    right, wrong, said = SLIPS[file]
    source = (PROGRAMS / f"{file}.py").read_text()
    assert right in source
    (tmp_path / "slip.py").write_text(source.replace(right, wrong))
    verdicts = [found["verdict"] for found in check.verdicts(str(tmp_path / "slip.py"))]
    (blame,) = (blame for verdict in verdicts for blame in verdict["blamed"])
    assert (blame["mistake"], blame["line"]) == (said, 1 + source[: source.index(right)].count("\n"))


@pytest.mark.slow
def test_a_slip_is_told_from_where_epsilon_stands(tmp_path):
    """Added to the corrected root, as papers do, a large epsilon changes every weight: that is no mistake."""
    right, wrong, said = SLIPS["rules_of_layers"]
    source = (PROGRAMS / "rules_of_layers.py").read_text().replace("epsilon=1e-7", "epsilon=1e-2")
    (tmp_path / "slip.py").write_text(source.replace(right, wrong))
    (found,) = check.verdicts(str(tmp_path / "slip.py"), only="Optimizer_Adam")
    assert [(b["mistake"], b["line"]) for b in found["verdict"]["blamed"]] == [
        (said, 1 + source[: source.index(right)].count("\n"))
    ]


@pytest.mark.slow
def test_rows_met_twice_are_kept_once(tmp_path):
    source = (PROGRAMS / "blocks.py").read_text()
    (tmp_path / "slip.py").write_text(source.replace("np.add.at(self.dW, self.idx, dout)", "self.dW[self.idx] = dout"))
    (found,) = check.verdicts(str(tmp_path / "slip.py"), only="Embedding")
    assert found["verdict"]["blamed"][0]["fix"] == "np.add.at(self.dW, self.idx, dout)"


@pytest.mark.slow
def test_a_loss_a_sample_may_have_the_derivative_of_their_mean(tmp_path):
    source = (PROGRAMS / "rules_of_layers.py").read_text()
    verdicts = []
    for factor in ("", "2 * "):
        (tmp_path / f"loss{len(factor)}.py").write_text(source.replace("self.dinputs/s", f"{factor}self.dinputs/s"))
        (found,) = check.verdicts(str(tmp_path / f"loss{len(factor)}.py"), only="Loss_CategoricalCrossentropy")
        verdicts.append(found["verdict"]["verdict"])
    assert verdicts == ["other convention", "wrong"]


@pytest.mark.slow
@pytest.mark.parametrize("slip", ["", "actor", "critic"])
def test_two_steps_of_a_class_are_both_judged(slip, tmp_path):
    source = (PROGRAMS / "steps_with_losses.py").read_text()
    source = source.replace("onehot - p", "onehot") if slip == "actor" else source
    source = source.replace("(target - phi", "(target + phi") if slip == "critic" else source
    (tmp_path / "steps.py").write_text(source)
    (found,) = check.verdicts(str(tmp_path / "steps.py"), only="ActorCritic")
    verdict = found["verdict"]
    assert (verdict["verdict"], verdict["checked"]) == ("wrong" if slip else "match", ["theta", "w"])
    assert len(verdict["blamed"]) == bool(slip)


@pytest.mark.slow
@pytest.mark.parametrize("slip", [("yi * xi -", "yi * xi -"), ("yi * xi -", "xi -"), ("* yi\n", "* xi[0]\n")])
def test_a_step_within_a_margin_is_that_of_the_hinge_loss(slip, tmp_path):
    source = (PROGRAMS / "steps_without_losses.py").read_text()
    (tmp_path / "margin.py").write_text(source.replace(*slip))
    (found,) = check.verdicts(str(tmp_path / "margin.py"), only="LinearSVM")
    assert found["verdict"]["verdict"] == ("match" if slip[0] == slip[1] else "wrong")
    assert found["verdict"]["checked"] == ["w", "bias"]


@pytest.mark.slow
def test_a_step_from_moved_weights_is_told(tmp_path):
    source = (PROGRAMS / "steps_with_losses.py").read_text()
    (tmp_path / "moved.py").write_text(
        source.replace("e * old", "e * self.P[i]").replace(", self.P[i].copy()", ", None")
    )
    (found,) = check.verdicts(str(tmp_path / "moved.py"), only="Factors")
    (blame,) = found["verdict"]["blamed"]
    assert (blame["mistake"], blame["fix"]) == (check.MOVED, None)


CROP = """
import numpy as np
class Smooth:
    def __init__(self, c, pad=0):
        self.w, self.pad = np.linspace(1.0, 2.0, c), pad
    def forward(self, x):
        p = self.pad
        self.x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        return self.x * self.w[:, None, None]
    def backward(self, g):
        p = self.pad
        self.dw = (g * self.x).sum(axis=(0, 2, 3))
        dx = g * self.w[:, None, None]
        return dx[:, :, p:-p, p:p] if p else dx
"""
LABELS = """
import numpy as np
class SoftmaxLoss:
    def forward(self, z, t):
        self.t, e = t, np.exp(z - z.max(axis=1, keepdims=True))
        self.y = e / e.sum(axis=1, keepdims=True)
        rows = np.arange(len(z))
        return -np.mean(np.log(self.y[rows, t if t.ndim == 1 else t.argmax(axis=1)]))
    def backward(self):
        n = len(self.t)
        if self.t.ndim == 1:
            d = self.y.copy()
            d[np.arange(n), self.t] -= 1
            return d / n
        return (self.y - self.t) / n
"""


@pytest.mark.slow
@pytest.mark.parametrize("slip", ["", "d / n", "(self.y - self.t) / n"])
def test_a_loss_is_right_in_every_form_of_labels_that_it_takes(slip, tmp_path):
    (tmp_path / "labels.py").write_text(LABELS.replace(slip, slip.replace("/", "*")) if slip else LABELS)
    (found,) = check.verdicts(str(tmp_path / "labels.py"))
    assert found["verdict"]["verdict"] == ("wrong" if slip else "match")


@pytest.mark.slow
def test_a_gradient_that_never_has_its_shape_is_wrong(tmp_path):
    (tmp_path / "crop.py").write_text(CROP)
    (found,) = check.verdicts(str(tmp_path / "crop.py"))
    assert found["verdict"]["verdict"] == "wrong"


ENGINE = {
    "exp": ("out.data*out.grad", "self.data*out.grad", "`self.data` where `out.data` belongs"),
    "exp, not added": ("self.grad += out.data", "self.grad = out.data", "`=` where `+=` belongs"),
    "tanh": ("self.grad += (1 - t", "self.grad = (1 - t", "`=` where `+=` belongs"),
    "mul": ("self.grad += other.data", "self.grad += self.data", "`self.data` where `other.data` belongs"),
}


def test_every_operator_of_an_engine_is_compared():
    found = list(subjects(PROGRAMS / "engine.py"))
    assert [one.name for one in found] == [
        f"Value_{n}" for n in ("add", "mul", "pow", "tanh", "relu", "exp", "backward")
    ]
    of_two = {"Value_add", "Value_mul", "Value_backward"}
    assert all(agreement(one)[0] == ({"w1", "w2"} if one.name in of_two else {"w1"}) for one in found)


@pytest.mark.parametrize("operator", ENGINE)
@pytest.mark.quick(1)
def test_the_operator_that_slips_is_blamed(operator, tmp_path):
    right, wrong, said = ENGINE[operator]
    source = (PROGRAMS / "engine.py").read_text()
    (tmp_path / "slip.py").write_text(source.replace(right, wrong))
    verdicts = {
        v["name"]: v["verdict"]
        for v in check.verdicts(str(tmp_path / "slip.py"), only=f"Value_{operator.split(',')[0]}")
    }
    (blame,) = verdicts[f"Value_{operator.split(',')[0]}"]["blamed"]
    assert (blame["mistake"], blame["line"]) == (said, 1 + source[: source.index(right)].count("\n"))


def test_a_derivative_as_large_as_the_loss_is_compared(tmp_path):
    use = "\ndef growth(w):\n    w = Value(w)\n    out = w.exp()\n    out.backward()\n    return out.data, w.grad\n"
    (tmp_path / "growth.py").write_text((PROGRAMS / "engine.py").read_text() + use)
    (found,) = (one for one in subjects(tmp_path / "growth.py") if one.name == "growth")
    assert agreement(found)[0] == {"w"}


def test_an_engine_that_a_function_uses_is_read_by_that(tmp_path):
    use = "\ndef line(w, b):\n    w, b = Value(w), Value(b)\n    (w * b).backward()\n    return w.grad, b.grad\n"
    (tmp_path / "used.py").write_text((PROGRAMS / "engine.py").read_text() + use)
    assert "Value_add" not in [one.name for one in subjects(tmp_path / "used.py")]


STEPS = """
import numpy as np
def loss_and_gradients(w, b, X, Y):
    A = 1 / (1 + np.exp(-(np.dot(w.T, X) + b)))
    cost = -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    return {"dw": np.dot(X, (A - Y).T) / X.shape[1], "db": np.mean(A - Y)}, cost
def optimize(w, b, X, Y, num_iterations=100, learning_rate=0.01):
    for i in range(num_iterations):
        grads, cost = loss_and_gradients(w, b, X, Y)
        w = w - learning_rate * grads["dw"]
        b = b SIGN learning_rate * grads["db"]
    return {"w": w, "b": b}, grads, cost
"""


@pytest.mark.slow
@pytest.mark.parametrize(("sign", "verdict"), [("-", "match"), ("+", "incomplete")])
def test_steps_that_are_returned_beside_their_gradients_go_down(sign, verdict, tmp_path):
    (tmp_path / "steps.py").write_text(STEPS.replace("SIGN", sign))
    (found,) = check.verdicts(str(tmp_path / "steps.py"), only="optimize")
    assert found["verdict"]["verdict"] == verdict


def test_an_operator_that_cannot_be_tried_is_told(tmp_path):
    """A product of matrices does not take the numbers that the others do: it is never left out without a word."""
    product = "    def matmul(self, other):\n        def _backward(): pass\n        return self.data @ other.data\n\n"
    source = (PROGRAMS / "engine.py").read_text()
    (tmp_path / "matrices.py").write_text(source.replace("    def tanh(self)", product + "    def tanh(self)"))
    (found,) = subjects(tmp_path / "matrices.py", only="Value_matmul")
    assert found.kind == "network"
    assert "AttributeError" in found.why


@pytest.mark.slow
@pytest.mark.parametrize("slip", ["", "np.argsort(axes)"])
def test_a_loss_of_an_engine_goes_back_by_what_it_returns(slip, tmp_path):
    source = (PROGRAMS / "shown_engine.py").read_text().replace("permute(1, 0)", "permute(1, 2, 0)")
    source = (
        source.replace("((4, 2))", "((3, 3, 3))").replace("((2, 3))", "((3, 3))").replace("((3, 4))", "((3, 3, 3))")
    )
    (tmp_path / "engine.py").write_text(source.replace(slip, "axes") if slip else source)
    found = next(subjects(tmp_path / "engine.py", only="strange_loss"))
    assert set(found.claimed) >= {"x", "mix"}
    assert (agreement(found)[0] == set(found.claimed)) == (not slip)


RATED = """
import numpy as np
def train_step(x, y, W, b, lr):
    e = x @ W + b - y
    loss = 0.5 * np.sum(e ** 2)
    W -= lr * x.T @ e
    b -= lr * e.sum(0)
    return loss
"""


@pytest.mark.parametrize(
    ("step", "verdict"),
    [
        ("lr * e.sum(0)", "match"),
        ("e.sum(0)", "incomplete"),
        ("e.sum(0) / lr", "incomplete"),
        ("2 * lr * e.sum(0)", "wrong"),
    ],
    ids=["right", "left out", "divided by", "doubled"],
)
@pytest.mark.quick(2)
def test_steps_that_do_not_grow_with_the_rate_are_told(step, verdict, tmp_path):
    (tmp_path / "steps.py").write_text(RATED.replace("lr * e.sum(0)", step))
    (found,) = (one["verdict"] for one in check.verdicts(str(tmp_path / "steps.py")))
    assert found["verdict"] == verdict
    assert verdict != "incomplete" or "the step of b" in str(found["unchecked"])
