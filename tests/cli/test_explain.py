"""`handnn explain`: a dumped result and its formula at the command line."""

import json

import ml_dtypes
import numpy as np
import pytest

FORMULA = """import numpy as np

def f(x, w):
    return np.tanh(x @ w)

def off(x):
    return 1 / (x - x.mean())
"""


@pytest.fixture
def dumps(tmp_path, rng):
    """formula.py, x.npz, and results: right, wrong, in bfloat16."""
    (tmp_path / "formula.py").write_text(FORMULA)
    x, w = rng.normal(size=(5, 7)).astype("float32"), rng.normal(size=(7, 3)).astype("float32")
    np.savez(tmp_path / "x.npz", w=w, x=x)
    np.savez(tmp_path / "unnamed.npz", x, w)
    np.save(tmp_path / "right.npy", np.tanh(x @ w))
    np.savez(tmp_path / "wrong.npz", y=np.tanh(x @ w) * np.float32(1.001))
    narrow = [a.astype(ml_dtypes.bfloat16) for a in (x, w)]
    np.savez(tmp_path / "narrow.npz", x=narrow[0], w=narrow[1])
    np.savez(tmp_path / "narrow_y.npz", y=np.tanh(narrow[0] @ narrow[1]))
    (tmp_path / "text.npz").write_text("hello")
    (tmp_path / "broken.py").write_text("1/0")
    return tmp_path


@pytest.fixture
def explain(command, dumps):
    return lambda *arguments: command("explain", *arguments)


def test_right_and_wrong_results(explain):
    status, out, _ = explain("formula.py:f", "--inputs", "x.npz", "--actual", "right.npy")
    assert status == 0 and "explains all 15 elements" in out
    status, out, _ = explain("formula.py:f", "--inputs", "unnamed.npz", "--actual", "wrong.npz")
    assert status == 1 and "all of them are 1.001" in out and max(map(len, out.splitlines())) <= 100


def test_bfloat16_comes_as_raw_bytes(explain):
    status, out, _ = explain(
        "formula.py:f", "--inputs", "narrow.npz", "--actual", "narrow_y.npz", "--dtype", "bfloat16"
    )
    assert status == 0 and "bfloat16" in out


def test_bfloat16_may_be_stored_only(explain, dumps):
    """Float32 inside, bfloat16 in and out; the result as the uint16 that CUDA code dumps."""
    with np.load(dumps / "narrow.npz") as file:
        x, w = (file[name].view(ml_dtypes.bfloat16).astype("float32") for name in ("x", "w"))
    stored = np.tanh(x @ w).astype(ml_dtypes.bfloat16)
    np.savez(dumps / "bits.npz", y=stored.view(np.uint16))
    given = ("--inputs", "narrow.npz", "--dtype", "float32", "--output", "bfloat16")
    status, out, _ = explain("formula.py:f", *given, "--actual", "bits.npz")
    assert status == 0 and "stored in bfloat16" in out
    np.savez(dumps / "bits.npz", y=stored.view(np.uint16) + np.uint16(2))
    assert explain("formula.py:f", *given, "--actual", "bits.npz")[0] == 1


def test_two_results_and_json(explain):
    two = ("--actual", "right.npy", "--actual", "wrong.npz")
    status, out, _ = explain("formula.py:f", "--inputs", "x.npz", *two, "--json")
    found = json.loads(out)
    assert status == 1 and [own["verdict"] for own in found["results"]] == ["explained", "not explained"]
    status, out, _ = explain("formula.py:f", "--inputs", "x.npz", *two)
    assert "b is not explained" in out


def test_what_is_not_known_is_neither_right_nor_wrong(explain, dumps):
    np.save(dumps / "one.npy", np.float32([2]))
    status, out, _ = explain("formula.py:off", "--inputs", "one.npy", "--actual", "one.npy")
    assert status == 3 and "no finite allowance" in out


MISTAKES = {
    "no function": (["formula.py"], ["FORMULA", "FILE.py:FUNCTION"]),
    "no file": (["nosuch.py:f"], ["nosuch.py", "no such file"]),
    "no name": (["formula.py:g"], ["no function 'g'", "f, off"]),
    "broken": (["broken.py:f"], ["broken.py does not run", "ZeroDivisionError"]),
    "no inputs": (["formula.py:f", "--inputs", "none.npz"], ["none.npz", "no such file"]),
    "text": (["formula.py:f", "--inputs", "text.npz"], ["text.npz", "--inputs must be"]),
    "names": (["formula.py:f", "--inputs", "right.npy"], ["f's arguments x, w"]),
    "dtype": (["formula.py:f", "--dtype", "float7"], ["dtype must be one of"]),
    "accumulate": (["formula.py:f", "--accumulate", "float8"], ["accumulate must be made of"]),
    "three": (["formula.py:f", "--actual", "right.npy", "--actual", "right.npy"], ["once or twice"]),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_bad_input_is_one_line(case, explain):
    arguments, words = MISTAKES[case]
    rest = [] if "--inputs" in arguments else ["--inputs", "x.npz"]
    status, _, err = explain(*arguments, *rest, "--actual", "right.npy")
    assert status == 2 and len(err.strip().splitlines()) == 1 and err.startswith("handnn: "), err
    assert all(word in err for word in words), err
