"""Layers that are judged as parts of a network, and those that must be judged by themselves."""

from pathlib import Path

import pytest

from handnn.diagnosis.check import verdicts

NETWORK = """
import numpy as np
class Conv:
    def __init__(self, n_in, n_out, size):
        self.W, self.b, self.k = np.random.randn(n_out, n_in, size, size) * 0.1, np.zeros(n_out), size
    def forward(self, x):
        self.x, k = x, self.k
        n, c, h, w = x.shape
        out = np.zeros((n, len(self.W), h - k + 1, w - k + 1))
        for i in range(h - k + 1):
            for j in range(w - k + 1):
                out[:, :, i, j] = np.tensordot(x[:, :, i:i + k, j:j + k], self.W, axes=([1, 2, 3], [1, 2, 3])) + self.b
        return out
    def backward(self, dout, lr):
        dW, dx, k = np.zeros_like(self.W), np.zeros_like(self.x), self.k
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                d = dout[:, :, i, j]
                dW += np.tensordot(d, self.x[:, :, i:i + k, j:j + k], axes=([0], [0]))
                dx[:, :, i:i + k, j:j + k] += np.tensordot(d, self.W, axes=([1], [0]))
        self.W -= lr * dW
        self.b -= lr * dout.sum(axis=(0, 2, 3))
        return dx
class Flatten:
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1)
    def backward(self, dout, lr): return dout.reshape(self.shape)
class Net:
    def __init__(self): self.layers = [Conv(1, 2, 3), Flatten()]
    def train(self, x, y, lr=0.01):
        z = x
        for layer in self.layers: z = layer.forward(z)
        d = (z - y) / len(y)
        for layer in self.layers[::-1]: d = layer.backward(d, lr)
        return 0.5 * np.sum((z - y) ** 2) / len(y)
if __name__ == "__main__":
    print(Net().train(np.random.rand(8, 1, 5, 5), np.random.rand(8, 18)))
"""
HANDED_ON = "dx[:, :, i:i + k, j:j + k] +="
SLIP = {"Conv": (HANDED_ON, HANDED_ON.replace("+=", "=")), "Flatten": ("dout.reshape(self.shape)", "dout[self.shape]")}


def _verdicts(folder: Path, text: str) -> dict[str, dict]:
    path = folder / "net.py"
    path.write_text(text)
    return {found["name"]: found["verdict"] for found in verdicts(str(path))}


@pytest.mark.slow
@pytest.mark.parametrize(("layer", "verdict"), [("", "match"), ("Conv", "wrong"), ("Flatten", "incomplete")])
def test_a_layer_is_told_where_the_network_does_not_show_it(tmp_path: Path, layer: str, verdict: str) -> None:
    """What the first layer hands on is not used; a network that cannot be read is told."""
    found = _verdicts(tmp_path, NETWORK.replace(*SLIP[layer]) if layer else NETWORK)
    assert found[layer if layer == "Conv" else "Net"]["verdict"] == verdict
    if layer == "Conv":
        assert found["Net"]["verdict"] == "match"
        assert [blame["code"][:9] for blame in found["Conv"]["blamed"]] == ["dx[:, :, "]


MEANS = """
import numpy as np
class Dense:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_in, n_out), np.zeros(n_out)
    def forward(self, x):
        self.x = x
        return np.tanh(x @ self.W + self.b)
    def backward(self, dout):
        d = dout * (1 - np.tanh(self.x @ self.W + self.b) ** 2)
        self.dW, self.db = self.x.T @ d / len(d), d.mean(axis=0)
        return d @ self.W.T
class Net:
    def __init__(self): self.layers = [Dense(3, 4), Dense(4, 2)]
    def loss_and_gradients(self, x, y):
        z = x
        for layer in self.layers: z = layer.forward(z)
        d = z - y
        for layer in self.layers[::-1]: d = layer.backward(d)
        return 0.5 * np.sum((z - y) ** 2) / len(y)
"""


def test_a_layer_whose_gradients_are_means_is_judged_in_its_network(tmp_path: Path) -> None:
    """Where the network is wrong, the layer has a verdict too."""
    assert {n: v["verdict"] for n, v in _verdicts(tmp_path, MEANS).items()} == {"Net": "match"}
    wrong = _verdicts(tmp_path, MEANS.replace("d @ self.W.T", "dout @ self.W.T"))
    assert wrong["Net"]["verdict"] == wrong["Dense"]["verdict"] == "wrong"


def test_a_class_that_makes_its_layers_and_cannot_be_read_is_told(tmp_path: Path) -> None:
    """One that is given its layers has no derivation of its own."""
    made = MEANS.replace("[Dense(3, 4), Dense(4, 2)]", "[Dense(3, 4), Dense(5, 2)]")
    given = made.replace("def __init__(self): self.layers =", "def __init__(self, layers): self.layers = layers or")
    assert _verdicts(tmp_path, made)["Net"]["verdict"] == "incomplete"
    assert "Net" not in _verdicts(tmp_path, given.replace("[Dense(3, 4), Dense(5, 2)]", "[]"))
