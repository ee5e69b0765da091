"""Forms of a third corpus of published code: each is read as it stands, and a slip in it is seen."""

from pathlib import Path

import pytest

from handnn.diagnosis.check import verdicts

KEYED = """
import numpy as np
class Tensor:
    def __init__(self, value): self.value = value.astype("float32")
class Dense:
    def __init__(self, units): self.units, self.ready = units, False
    def __call__(self, x):
        if not self.ready:
            self.kernel = Tensor(np.random.randn(x.shape[-1], self.units))
            self.bias = Tensor(np.zeros(self.units))
            self.ready = True
        self.x = x
        return x @ self.kernel.value + self.bias.value
    def backward(self, grad):
        return grad @ self.kernel.value.T, {self.kernel: self.x.T @ grad, self.bias: grad.sum(axis=0)}
"""
POOL = """
import numpy as np
class MaxPool:
    def __init__(self, kernel_size, stride): self.k, self.s = kernel_size, stride
    def forward(self, x):
        n, c, h, w = x.shape
        out = np.zeros((n, c, (h - self.k) // self.s + 1, (w - self.k) // self.s + 1), dtype=np.float32)
        self.shape, self.best = x.shape, {}
        for a, b, i, j in np.ndindex(out.shape):
            top, left = i * self.s, j * self.s
            window = x[a, b, top : top + self.k, left : left + self.k]
            place = np.argmax(window)
            out[a, b, i, j] = window.flat[place]
            self.best[a, b, i, j] = top + place // self.k, left + place % self.k
        return out
    def backward(self, grad):
        dx = np.zeros(self.shape, dtype=np.float32)
        for (a, b, i, j), (row, column) in self.best.items():
            dx[a, b, row, column] += grad[a, b, i, j]
        return dx
"""
FLAT = """
import numpy as np
class Shrink:
    def forward(self, x):
        self.x, y = x, np.zeros(x.shape)
        for i in range(x.size):
            y.flat[i] = np.tanh(x.flat[i])
            y.flat[i] *= 2
        return y
    def backward(self, grad):
        dx = np.zeros(grad.shape)
        dx.flat[:] += 2 * (1 - np.tanh(self.x.ravel()) ** 2) * grad.ravel()
        return dx
"""


def judged(file: Path, text: str) -> dict[str, tuple[str, set[str], list[int]]]:
    """Return the verdict on each derivation of a text, what was compared, and the lines to blame."""
    file.write_text(text)
    found = [v["verdict"] for v in verdicts(str(file))]
    found = [v for v in found if v["kind"] != "helper"]
    return {v["name"]: (v["verdict"], set(v["checked"]), [b["line"] for b in v["blamed"]]) for v in found}


@pytest.mark.quick(2)
@pytest.mark.parametrize(
    ("text", "name", "compared", "here", "slip"),
    [
        (KEYED, "Dense", {"kernel", "bias", "x"}, "grad.sum(axis=0)", "grad.mean(axis=0)"),
        (POOL, "MaxPool", {"x"}, "+= grad[a, b, i, j]", "= grad[a, b, i, j]"),
        (FLAT, "Shrink", {"x"}, "2 * (1 - np", "(1 - np"),
    ],
    ids=["gradients by their weights", "a flat index, float32", "a flat index is written to"],
)
def test_a_form_is_read_and_its_slip_is_found(
    tmp_path: Path, text: str, name: str, compared: set[str], here: str, slip: str
) -> None:
    verdict, checked, _ = judged(tmp_path / "right.py", text)[name]
    assert (verdict, checked) == ("match", compared)
    line = next(number for number, one in enumerate(text.splitlines(), 1) if here in one)
    verdict, _, blamed = judged(tmp_path / "wrong.py", text.replace(here, slip, 1))[name]
    assert verdict == "wrong"
    assert line in blamed
