"""Parity first, then ranking: every optimizer's steps against Keras', and what happens to one that is wrong."""

import pytest

from handnn.specs import optimizer as optimizer_spec
from handnn.compare import parity
from handnn.compare.results import Folder
from handnn.optimizers import Adam, recent


@pytest.mark.quick(1, cover={"dtype": None, "label": len})
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("label", [name for name in optimizer_spec.NAMES if name not in recent])
def test_every_optimizer_may_enter(label, dtype, keras):
    found = parity.check(label, dtype)
    assert found["ok"] and found["worst"] <= 1, found
    assert f"{parity.STEPS} steps agree with Keras {keras.__version__}" in found["sentence"]


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    "label",
    ["adam(beta_1=0.8, amsgrad=True)", "sgd(momentum=0.7, nesterov=True, clipnorm=1.0)", "adam(use_ema=True)",
     "rmsprop(centered=True, weight_decay=0.01)", "nadam(gradient_accumulation_steps=2)"],
)  # fmt: skip
def test_options_are_held_to_account_too(label, keras):
    assert parity.check(label, "float32")["ok"]


def wrong_step(self, gradient, x, m, v, *slots, work):
    right_step(self, gradient, x, m, v, *slots, work=work)
    x *= 1 - 1e-4


right_step = Adam.update_step


def test_a_wrong_rule_is_found_and_said_in_one_line(monkeypatch, keras):
    monkeypatch.setattr(Adam, "update_step", wrong_step)
    found = parity.check("adam", "float32")
    assert not found["ok"] and "stepped = Adam is off" in found["sentence"] and "\n" not in found["sentence"]
    assert parity.check("sgd", "float32")["ok"]


def test_a_slot_that_starts_wrong_is_found(monkeypatch, keras):
    from handnn.optimizers import Adagrad

    def starts(self, variable, x):
        return {"accumulator": x * 0 + 0.2}

    assert parity.check("adagrad", "float32")["ok"]
    monkeypatch.setattr(Adagrad, "new_slots", starts)
    assert "as it starts" in parity.check("adagrad", "float32")["sentence"]


def test_what_breaks_over_the_options_does_not_enter(monkeypatch, keras):
    monkeypatch.setattr(keras.optimizers.Adam, "update_step", lambda *arguments: 1 / 0)
    found = parity.check("adam", "float32")
    assert not found["ok"] and "ZeroDivisionError: division by zero" in found["sentence"]
    assert len(found["sentence"]) < 100


def test_what_is_known_is_not_checked_again(plan, tmp_path, monkeypatch):
    folder, p, asked = Folder(tmp_path / "run"), plan("sgd", "adam", "lion"), []
    folder.open(p)
    folder.write_parity({"sgd": {"ok": True, "sentence": "known"}})
    monkeypatch.setattr(parity, "check", lambda label, dtype: {"ok": label != "lion", "sentence": f"{label} {dtype}"})
    found = parity.ensure(folder, p, asked.append)
    assert asked == ["adam", "lion"]
    assert found["sgd"]["sentence"] == "known" and found["adam"]["sentence"] == "adam float32"
    assert folder.parity() == found and folder.read().excluded == ["lion"]
    parity.ensure(folder, p, asked.append)
    assert len(asked) == 2
