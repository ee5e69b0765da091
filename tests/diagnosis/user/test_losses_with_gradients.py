"""A loss and its gradient as methods of one class: of the same arguments, whatever they are called."""

import pytest

from handnn.diagnosis.check import verdicts

DRIVEN = """
import numpy as np

class Oscillators:
    def __init__(self, inputs, units, outputs, price=0.2, seed=1):
        rng = np.random.default_rng(seed)
        self.price = price
        self.K, self.M = rng.normal(size=(units, inputs)), rng.normal(size=(outputs, units))

    def follow(self, u, drive):
        self.s = np.sin(u @ self.K.T + drive)
        return self.s @ self.M.T

    def loss(self, u, drive, goal):
        miss = self.follow(u, drive) - goal
        return np.sum(miss ** 2) / len(u) + self.price * np.mean(self.s ** 2)

    def gradients(self, u, drive, goal):
        miss = self.follow(u, drive) - goal
        d = 2 * miss / len(u)
        ds = d @ self.M + 2 * self.price * self.s / self.s.size
        dz = ds * np.cos(u @ self.K.T + drive)
        return {"M": d.T @ self.s, "K": dz.T @ u}

if __name__ == "__main__":
    rng = np.random.default_rng(0)
    net, u, drive = Oscillators(3, 5, 2), rng.normal(size=(9, 3)), 0.1 * rng.normal(size=(9, 5))
    while True:
        for name, slope in net.gradients(u, drive, np.ones((9, 2))).items():
            setattr(net, name, getattr(net, name) - 0.1 * slope)
    print(net.loss(u, drive, np.ones((9, 2))))
"""
WALK = """
import numpy as np

class Walk:
    def __init__(self, places, width):
        rng = np.random.default_rng(2)
        self.at, self.on = rng.normal(size=(places, width)), rng.normal(size=(width, places))

    def chances(self, here):
        score = self.at[here] @ self.on
        e = np.exp(score - score.max())
        return e / e.sum()

    def cost(self, path):
        return -sum(np.log(self.chances(a)[b]) for a, b in zip(path, path[1:]))

    def cost_gradient(self, path):
        dat, don = np.zeros_like(self.at), np.zeros_like(self.on)
        for a, b in zip(path, path[1:]):
            d = self.chances(a)
            d[b] -= 1
            don += np.outer(self.at[a], d)
            dat[a] += self.on @ d
        return dat, don

    def improve(self, path):
        dat, don = self.cost_gradient(path)
        self.at -= 0.1 * dat
        self.on -= 0.1 * don

if __name__ == "__main__":
    walk = Walk(6, 4)
    for _ in range(5):
        walk.improve([0, 3, 5, 3, 1, 2])
    print(walk.cost([0, 3, 5, 3, 1, 2]))
"""
KEPT = """
import numpy as np

class Bidder:
    def __init__(self, features, levels):
        self.p = {"w": np.random.default_rng(4).normal(size=(features, levels)), "b": np.zeros(levels)}

    def objective(self, seen, chosen, worth, before):
        z = seen @ self.p["w"] + self.p["b"]
        z = z - z.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        self.seen, self.chosen, self.worth, self.p_of = seen, chosen, worth, np.exp(log_p)
        self.share = np.exp(log_p[np.arange(len(seen)), chosen] - before)
        return -np.mean(self.share * worth)

    def objective_grads(self):
        n = len(self.seen)
        d = -self.worth * self.share / n
        dz = -self.p_of * d[:, None]
        dz[np.arange(n), self.chosen] += d
        return {"w": self.seen.T @ dz, "b": dz.sum(axis=0)}

if __name__ == "__main__":
    rng = np.random.default_rng(5)
    bidder = Bidder(features=3, levels=4)
    for _ in range(3):
        before = -1.4 + 0.1 * rng.normal(size=8)
        bidder.objective(rng.normal(size=(8, 3)), rng.integers(0, 4, 8), rng.normal(size=8), before)
        for name, slope in bidder.objective_grads().items():
            bidder.p[name] -= 0.1 * slope
"""


def judged(tmp_path, text):
    (tmp_path / "code.py").write_text(text)
    (found,) = verdicts(str(tmp_path / "code.py"))
    return found["verdict"]


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        pytest.param(DRIVEN, "2 * self.price * self.s", "self.price * self.s", id="a penalty"),
        pytest.param(WALK, "dat[a] += self.on @ d", "dat[a] = self.on @ d", id="lists of integers"),
        pytest.param(KEPT, "-self.worth * self.share / n", "-self.worth / n", id="what the loss has kept"),
    ],
)
@pytest.mark.parametrize("right", [True, False])
@pytest.mark.quick(2)
def test_a_gradient_is_held_against_the_loss_beside_it(tmp_path, text, old, new, right):
    found = judged(tmp_path, text if right else text.replace(old, new))
    assert found["verdict"] == ("match" if right else "wrong"), found
    if not right:
        line = next(i for i, own in enumerate(text.splitlines(), 1) if old in own)
        assert [blame["line"] for blame in found["blamed"]] == [line]


CLEAN = """
import numpy as np

class Cleaner:
    def __init__(self, seen, hidden):
        rng = np.random.default_rng(6)
        self.A, self.B = rng.normal(size=(seen, hidden)), rng.normal(size=(hidden, seen))

    def loss(self, x, x_noisy):
        return np.sum((np.tanh(x_noisy @ self.A) @ self.B - x) ** 2) / (2 * len(x))

    def gradients(self, x, x_noisy):
        h = np.tanh(x_noisy @ self.A)
        d = (h @ self.B - x_noisy) / len(x)
        return {"B": h.T @ d, "A": x_noisy.T @ ((d @ self.B.T) * (1 - h ** 2))}

if __name__ == "__main__":
    x = (np.random.default_rng(0).random((8, 5)) > 0.5).astype(float)
    cleaner = Cleaner(5, 3)
    print(cleaner.loss(x, x), cleaner.gradients(x, CALL))
"""


@pytest.mark.parametrize("call", ["x", "x * (x[::-1] > 0)"])
@pytest.mark.slow
def test_equal_arrays_of_a_script_hide_no_mistake(tmp_path, call):
    """A loss of clean data, or both of it: with the same array for two arguments, one for the other would not show."""
    found = judged(tmp_path, CLEAN.replace("CALL", call))
    assert found["verdict"] == "wrong"
    assert [blame["line"] for blame in found["blamed"]] == [14]
    assert judged(tmp_path, CLEAN.replace("self.B - x_noisy)", "self.B - x)").replace("CALL", call))["ok"]


STEPS = """
import numpy as np

class Filters:
    def __init__(self, count, size):
        self.k = np.random.randn(count, size, size)

    def windows(self, picture):
        n = self.k.shape[1]
        for r in range(picture.shape[0] - n + 1):
            for c in range(picture.shape[1] - n + 1):
                yield r, c, picture[r:r + n, c:c + n]

    def forward(self, picture):
        self.picture, n = picture, self.k.shape[1]
        out = np.zeros((picture.shape[0] - n + 1, picture.shape[1] - n + 1, len(self.k)))
        for r, c, window in self.windows(picture):
            out[r, c] = (self.k * window).sum(axis=(1, 2))
        return out

    def backward(self, upstream, rate):
        change = np.zeros_like(self.k)
        for r, c, window in self.windows(self.picture):
            change += upstream[r, c][:, None, None] * window
        self.k -= rate * change

if __name__ == "__main__":
    filters = Filters(3, 2)
    for _ in range(3):
        filters.backward(filters.forward(np.random.randn(5, 4)), 0.1)
"""


@pytest.mark.parametrize(("name", "right"), [("rate", True), ("alpha", True), ("step", False)])
def test_a_rate_with_a_plain_name_on_the_way_back_is_no_gradient(tmp_path, name, right):
    text = STEPS if right else STEPS.replace("change += ", "change = ")
    found = judged(tmp_path, text.replace("rate", name))
    assert found["verdict"] == ("match" if right else "wrong") and found["checked"] == ["k"]
