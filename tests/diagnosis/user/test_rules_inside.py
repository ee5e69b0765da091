"""Rules written inside of training loops: which they are, and where they leave the rule that is meant."""

from pathlib import Path

import pytest

from handnn.diagnosis.check import verdicts

LAYERS = "adam_in_the_loop_of_layers"
COUNTED = "self.t += 1\n        for i in reversed(range(len(self.W))):"
COUNTED_INSIDE = "for i in reversed(range(len(self.W))):\n            self.t += 1"
PROGRAMS = Path(__file__).parent / "programs" / "inside"
RULES = {
    "adam_by_names": "Adam: learning_rate 0.01, beta_1 0.9, beta_2 0.999, epsilon 1e-08",
    "rmsprop_in_fit": "RMSprop: learning_rate 0.01, rho 0.9, epsilon 1e-08",
    "momentum_of_dicts": "momentum: learning_rate as given, momentum 0.9",
    "adagrad_of_lists": "Adagrad: learning_rate 0.05, epsilon 1e-08",
    "nesterov_in_batches": "Nesterov's momentum: learning_rate 0.05, momentum 0.9",
    "adam_in_the_loop_of_layers": "Adam: learning_rate 0.001, beta_1 0.9, beta_2 0.999, epsilon 1e-08",
    "momentum_of_numbers": "momentum: learning_rate 0.1, momentum 0.9",
    "adam_by_keys": "Adam: learning_rate as given, beta_1 0.9, beta_2 0.999, epsilon 1e-08",
    "momentum_in_batches": "momentum: learning_rate as given, momentum 0.9",
    "rmsprop_of_numbers": "RMSprop: learning_rate 0.05, rho 0.9, epsilon 1e-08",
    "adagrad_of_a_zip": "Adagrad: learning_rate 0.1, epsilon 1e-08",
    "adamw_of_literals": "Adam: learning_rate 0.003, beta_1 0.9, beta_2 0.99, epsilon 1e-08, weight_decay 0.05",
    "momentum_in_objects": "momentum: learning_rate 0.05, momentum 0.9",
    "nesterov_by_the_step_before": "Nesterov's momentum: learning_rate as given, momentum 0.9",
}
SLIPS = {
    "the average squared": ("adam_by_names", "(1 - beta2) * dW2**2", "(1 - beta2) * mW2**2"),
    "one weight not corrected": ("adam_by_names", "b1 -= lr * (mb1 / (1 - beta1**t))", "b1 -= lr * mb1"),
    "t one late": ("adam_by_names", "t = epoch + 1", "t = epoch + 2"),
    "no root": ("adam_by_names", "(np.sqrt(vW1 / (1 - beta2**t)) + eps)", "(vW1 / (1 - beta2**t) + eps)"),
    "the other beta": ("adam_by_names", "mW1 + (1 - beta1)", "mW1 + (1 - beta2)"),
    "squares of weights": ("adam_by_names", "vW1 + (1 - beta2) * dW1**2", "vW1 + (1 - beta2) * W1**2"),
    "uphill": ("adam_by_names", "W2 -= lr *", "W2 += lr *"),
    "no square": ("rmsprop_in_fit", "(1 - self.rho) * dW2**2", "(1 - self.rho) * dW2"),
    "the share of the old": ("rmsprop_in_fit", "self.sb1 + (1 - self.rho)", "self.sb1 + self.rho"),
    "the sign in the average": ("momentum_of_dicts", '+ (1 - beta) * grads["dW"', '- (1 - beta) * grads["dW"'),
    "uphill in a dict": ("momentum_of_dicts", '["W" + str(l)] - learn', '["W" + str(l)] + learn'),
    "squares not added up": ("adagrad_of_lists", "cache_w[i] += dws[i] ** 2", "cache_w[i] = dws[i] ** 2"),
    "no momentum before the look-ahead": ("nesterov_in_batches", "w1 += mu * v_w1 - lr", "w1 += v_w1 - lr"),
    "counted in each layer": (LAYERS, *(f"        {text}\n" for text in (COUNTED, COUNTED_INSIDE))),
    "beta for its power": (LAYERS, "(1 - self.beta1**self.t)\n            vb", "(1 - self.beta1)\n            vb"),
    "not from the average": (LAYERS, "self.lr * mb_hat", "self.lr * db"),
    "the other slot": (LAYERS, ".mb[i] = self.beta1 * self.mb", ".mb[i] = self.beta1 * self.vb"),
    "the velocity brakes": ("momentum_of_numbers", "self.momentum * vb + self", "-self.momentum * vb + self"),
    "the square of the average": ("adam_by_keys", "np.square(grads[key])", "np.square(v[key])"),
    "a minus before what is kept": ("momentum_in_batches", "= momentum * self", "= -momentum * self"),
    "the root of another": ("rmsprop_of_numbers", "np.sqrt(s_b + eps)", "np.sqrt(s_w + eps)"),
    "the slot of another": ("rmsprop_of_numbers", "s_b = decay * s_b", "s_b = decay * s_w"),
    "no root in a zip": ("adagrad_of_a_zip", "np.sqrt(mem + 1e-8)", "(mem + 1e-8)"),
    "weights grow": ("adamw_of_literals", "+ 0.05 * params[j])", "- 0.05 * params[j])"),
    "no rate": ("momentum_in_objects", "layer.W -= self.lr * layer.vW", "layer.W -= layer.vW"),
    "the step before added": ("nesterov_by_the_step_before", "w - gamma * vw_b", "w + gamma * vw_b"),
}
UNKNOWN = {
    "clipped steps": ("rmsprop_in_fit", "self.lr * dW1 /", "self.lr * np.clip(dW1, -0.1, 0.1) /"),
    "not corrected, as is said": ("adam_by_keys", "trained with Adam", "trained with Adam without bias correction"),
    "no rule is named": ("rmsprop_in_fit", "(np.sqrt(self.s", "(1 + np.sqrt(self.s"),
    "its hyperbolic tangent": (
        "momentum_in_objects",
        "layer.W -= self.lr * layer.vW",
        "layer.W -= self.lr * np.tanh(layer.vW)",
    ),
}


def judged(tmp_path: Path, name: str, old: str = "", new: str = "") -> tuple[dict, list[int]]:
    text = (PROGRAMS / f"{name}.py").read_text()
    assert old in text
    changed = text.replace(old, new) if old else text
    if new.endswith("without bias correction"):
        changed = changed.replace("* v_corrected /", "* v[key] /").replace("np.sqrt(s_corrected)", "np.sqrt(s[key])")
    (tmp_path / "program.py").write_text(changed)
    (found,) = (one["verdict"] for one in verdicts(str(tmp_path / "program.py")))
    both = zip(text.splitlines(), changed.splitlines(), strict=False)
    return found, [number for number, (one, other) in enumerate(both, 1) if one != other]


@pytest.mark.parametrize(
    "name", [*list(RULES)[:1], *(pytest.param(n, marks=pytest.mark.slow) for n in list(RULES)[1:])]
)
def test_a_rule_inside_of_a_loop_is_known(tmp_path, name):
    found, _ = judged(tmp_path, name)
    assert found["verdict"] == "match", found
    assert any(note.endswith(RULES[name]) for note in found["notes"]), found["notes"]
    assert sum(what.startswith("the step of") for what in found["checked"]) > 1


@pytest.mark.slow
@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_a_slip_in_a_rule_is_placed(tmp_path, slip):
    found, lines = judged(tmp_path, *slip)
    assert found["verdict"] == "wrong" and {blame["line"] for blame in found["blamed"]} & set(lines), found


@pytest.mark.slow
@pytest.mark.parametrize("change", UNKNOWN.values(), ids=UNKNOWN)
def test_a_rule_that_nobody_knows_is_not_judged(tmp_path, change):
    found, _ = judged(tmp_path, *change)
    assert found["verdict"] == "incomplete", found
    assert any("rule" in item["why"] for item in found["unchecked"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [("adam_by_names", "    t = epoch + 1\n", "    t = epoch + 1\n    lr = 0.01 / (1 + 0.1 * t)\n"),
     ("momentum_in_objects", "self.lr * layer.v", "self.lr / (epoch + 1) * layer.v")],
    ids=["Adam", "momentum"],
)  # fmt: skip
def test_a_rate_may_change(tmp_path, change):
    found, _ = judged(tmp_path, *change)
    assert found["verdict"] == "match" and any("learning_rate that changes" in n for n in found["notes"]), found
