"""What was not compared is never called right."""

import numpy as np
import pytest

from handnn.diagnosis import check_activation, check_file, check_layer


class Affine:
    """Weights under names that mean nothing."""

    def __init__(self):
        self.g, self.h = np.full((3, 4), 0.3), np.zeros(4)

    def forward(self, x):
        self.x = x
        return x @ self.g + self.h

    def backward(self, d):
        self.dg, self.dh = self.x.T @ d, d.sum(axis=0)
        return d @ self.g.T


class SevenTimes(Affine):
    def backward(self, d):
        dx = super().backward(d)
        self.dg *= 7
        return dx


class WithoutGradients(Affine):
    def backward(self, d):
        return d @ self.g.T


@pytest.mark.parametrize(
    ("layer", "expected"), [(Affine, "match"), (SevenTimes, "wrong"), (WithoutGradients, "incomplete")]
)
@pytest.mark.quick(1)
def test_weights_of_any_name_are_compared(layer, expected):
    verdict = check_layer(layer, input_shape=(3,))
    assert verdict.verdict == expected, verdict
    assert "x" in verdict.checked


def test_a_function_alone_is_not_its_own_derivative():
    verdict = check_activation(np.tanh)
    assert verdict.verdict == "incomplete" and verdict.unchecked and not verdict.ok


PARTNERS = ("f_d", "fPrime", "f_dx", "derivative_of_f", "d_f", "f_grad")


@pytest.mark.quick(1)
@pytest.mark.parametrize("partner", PARTNERS)
@pytest.mark.parametrize("right", [True, False])
def test_a_derivative_under_any_name_is_seen(partner, right, tmp_path):
    path, slope = tmp_path / "mine.py", "1 - np.tanh(z)**2" if right else "1 + np.tanh(z)**2"
    source = f"import numpy as np\n\ndef f(z):\n    return np.tanh(z)\n\ndef {partner}(z):\n    return {slope}\n"
    path.write_text(source)
    (verdict,) = check_file(str(path))
    assert verdict.verdict == ("match" if right else "wrong"), verdict
    assert right or verdict.blamed[0]["line"] == 7


@pytest.mark.slow
def test_a_line_that_cannot_be_read_costs_its_own_verdict_only(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "import numpy as np\n\ndef f(z):\n    'handnn: activation tanh'\n    return np.tanh(z)\n\n"
        "def f_d(z):\n    return 1 - np.tanh(z)**2\n\ndef g(z):\n    'handnn: nonsense'\n    return z\n"
    )
    found = {verdict.name: verdict for verdict in check_file(str(path))}
    assert found["f"].ok and not found["g"].ok
