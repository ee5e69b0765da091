"""Blocks that add their input, weights in dicts, caches that hold shapes, and images that are no squares."""

import numpy as np
import pytest

from handnn.diagnosis.check import verdicts
from handnn.diagnosis.lines import load
from handnn.diagnosis.user.readings.keyed import keyed
from handnn.diagnosis.user.readings.roles import roles_of

GATED = """
import numpy as np
def rms_forward(x, scale):
    r = np.sqrt((x ** 2).mean(axis=-1, keepdims=True) + 1e-6)
    return x / r * scale, (x, r, scale)
def rms_backward(dout, cache):
    x, r, scale = cache
    g = dout * scale
    return g / r - x * (g * x).mean(axis=-1, keepdims=True) / r ** 3, (dout * x / r).sum(axis=0)
def block_forward(x, p):
    n, kept = rms_forward(x, p["scale"])
    a, b = n @ p["mlp"]["gate"], n @ p["mlp"]["up"]
    s = 1 / (1 + np.exp(-a))
    return x + (a * s * b) @ p["W"], (kept, n, a, b, s)
def block_backward(dout, p, cache):
    kept, n, a, b, s = cache
    dh = dout @ p["W"].T
    db, da = dh * a * s, dh * b * (s + a * s * (1 - s))
    grads = {"W": (a * s * b).T @ dout, "mlp": {"gate": n.T @ da, "up": n.T @ db}}
    dx, grads["scale"] = rms_backward(da @ p["mlp"]["gate"].T + db @ p["mlp"]["up"].T, kept)
    return dout + dx, grads
"""
SHAPES = """
import numpy as np
def channels_forward(images):
    return images.mean(axis=1, keepdims=True), images.shape
def channels_backward(dout, shape):
    return np.repeat(dout, shape[1], axis=1) / shape[1]
def steps_forward(h):
    return h.sum(axis=1) / h.shape[1], h.shape[1]
def steps_backward(d, steps):
    return np.repeat(d[:, np.newaxis], steps, axis=1) / steps
"""


@pytest.fixture
def check(tmp_path):
    def found(text: str) -> dict[str, str]:
        (tmp_path / "blocks.py").write_text(text)
        return {one["name"]: one["verdict"]["verdict"] for one in verdicts(str(tmp_path / "blocks.py"))}

    return found


def test_the_shape_of_each_weight_is_found_when_the_function_asks_for_it(tmp_path):
    (tmp_path / "blocks.py").write_text(GATED)
    module = load(tmp_path / "blocks.py")
    roles = roles_of(module.block_forward)
    given = next(keyed(module.block_forward, roles, module)).draw(0, 0)
    x, p = given["x"], given["p"]
    assert np.shape(module.block_forward(x, p)[0]) == x.shape
    assert p["mlp"]["gate"].shape == p["mlp"]["up"].shape == p["W"].shape[::-1]
    assert len({p["W"].size, x.size, p["scale"].size}) == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("dout + dx", "dx"), ("(s + a * s", "(s - a * s"), ("n.T @ db", "n.T @ da"),
        ("return dout + dx", "return dout - dx"),
    ],
    ids=["the input's own path", "swish", "the other gate", "twice"],
)  # fmt: skip
def test_a_block_whose_functions_call_others_is_read(check, old, new):
    assert old in GATED
    assert check(GATED)["block_forward"] == "match"
    assert check(GATED.replace(old, new))["block_forward"] == "wrong"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "old", "new"),
    [("channels_forward", "/ shape[1]\n", "/ shape[2]\n"), ("channels_forward", "dout, shape[1]", "dout, shape[2]"),
     ("steps_forward", "axis=1) / steps", "axis=1) * steps")],
    ids=["a side for the channels", "as often as a side is long", "times the length"],
)  # fmt: skip
def test_caches_may_hold_shapes_and_lengths(check, name, old, new):
    assert old in SHAPES
    assert check(SHAPES)[name] == "match"
    assert check(SHAPES.replace(old, new))[name] == "wrong"
