"""Slips: one text of a right program replaced by another. The line that is replaced is the truth.

`also` are lines, by their text, that may be blamed as well: two statements that contradict each other.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from subjects import PROGRAMS, file_of, subject_of


@dataclass(frozen=True)
class Slip:
    name: str
    old: str
    new: str
    also: tuple[str, ...] = ()
    file: str | None = None

    @property
    def label(self) -> str:
        return f"{self.name}: {self.new.strip()[:60]}"

    def planted(self, folder: Path):
        """Copy the program into a folder with the slip; return the subject and the lines that may be blamed."""
        shutil.copytree(PROGRAMS, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        path = folder / (self.file or file_of(self.name))
        source = path.read_text()
        assert source.count(self.old) == 1, f"{self.old!r} is in {path.name} {source.count(self.old)} times"
        changed = source.replace(self.old, self.new)
        path.write_text(changed)
        lines = {source[: source.index(self.old)].count("\n") + 1}
        for text in self.also:
            assert changed.count(text) == 1, f"{text!r} is in {path.name} {changed.count(text)} times"
            lines.add(changed[: changed.index(text)].count("\n") + 1)
        return subject_of(self.name, folder), lines


SLIPS = [
    # dense, columns, dict
    Slip("dense_columns", "1 - np.power(A1, 2))", "1 - A1)"),
    Slip("dense_columns", "1 - np.power(A1, 2))", "A1 * (1 - A1))"),
    Slip("dense_columns", "dZ1 = np.multiply(np.dot(W2.T, dZ2)", "dZ1 = np.multiply(np.dot(W2.T, A2)"),
    Slip("dense_columns", "dW2 = np.dot(dZ2, A1.T) / m", "dW2 = np.dot(dZ2, A1.T)"),
    Slip("dense_columns", "db2 = np.sum(dZ2, axis=1, keepdims=True) / m", "db2 = np.sum(dZ2) / m * 2"),
    Slip(
        "dense_columns", "db1 = np.sum(dZ1, axis=1, keepdims=True) / m", "db1 = np.mean(dZ1, axis=1, keepdims=True) / m"
    ),
    Slip("dense_columns", "dW1 = np.dot(dZ1, X.T) / m", "dW1 = np.dot(dZ1, X.T) * m"),
    Slip("dense_columns", "dZ2 = A2 - Y\n", "dZ2 = Y - A2\n"),
    Slip("dense_columns", "dZ2 = A2 - Y\n", "dZ2 = (A2 - Y) * A2 * (1 - A2)\n"),
    Slip("dense_columns", 'return {"W1": dW1, "b1": db1, "W2": dW2', 'return {"W1": dW1, "b1": db1, "W2": -dW2'),
    # dense, deep, loops
    Slip("dense_deep", "dZ[Z <= 0] = 0", "dZ[Z >= 0] = 0"),
    Slip("dense_deep", "dZ[Z <= 0] = 0", "dZ[dA <= 0] = 0"),
    Slip("dense_deep", "dz = relu_backward(da, caches[l - 1][1])", "dz = relu_backward(da, caches[l - 1][1] + 1)"),
    Slip("dense_deep", "dz = relu_backward(da, caches[l - 1][1])", "dz = da"),
    Slip("dense_deep", "dz = (a - y) / n", "dz = a - y"),
    Slip("dense_deep", "+ 0.1 * weights[l]", "+ 0.05 * weights[l]"),
    Slip("dense_deep", "a_prev.T @ dz + 0.1 * weights[l]", "a_prev.T @ dz"),
    Slip("dense_deep", "dz.sum(axis=0)", "dz.mean(axis=0)"),
    Slip("dense_deep", "da = dz @ weights[l].T", "da = dz @ weights[l].T / n"),
    # one sample at a time
    Slip("dense_samples", "return sigmoid(z) * (1 - sigmoid(z))", "return sigmoid(z) * (1 + sigmoid(z))"),
    Slip("dense_samples", "return sigmoid(z) * (1 - sigmoid(z))", "return z * (1 - z)"),
    Slip("dense_samples", "return output - y", "return y - output"),
    Slip("dense_samples", " * sigmoid_prime(zs[-1])", ""),
    Slip("dense_samples", "np.dot(delta, activations[-2].transpose())", "np.dot(zs[-1], activations[-2].transpose())"),
    Slip("dense_samples", "delta) * sp\n", "delta)\n"),
    Slip(
        "dense_samples",
        "z = zs[-l]\n            sp",
        "z = activations[-l]\n            sp",
        also=("sp = sigmoid_prime(z)",),
    ),
    Slip("dense_samples", "nabla_w = [nw + dnw for", "nabla_w = [nw - dnw for"),
    Slip("dense_samples", "nabla_b = [nb + dnb for", "nabla_b = [dnb for"),
    # classes in two files
    Slip(
        "classes/network",
        "return grad * (1 - self.out**2)",
        "return grad * (1 - self.out) ** 2",
        file="classes/parts.py",
    ),
    Slip(
        "classes/network", "self.dW = self.x.T @ grad", "self.dW = self.x.T @ grad / len(grad)", file="classes/parts.py"
    ),
    Slip("classes/network", "return grad @ self.W.T", "return grad @ self.W", also=(), file="classes/parts.py"),
    Slip(
        "classes/network",
        "return np.where(self.mask, grad, 0.1 * grad)",
        "return np.where(self.mask, grad, 0.1)",
        file="classes/parts.py",
    ),
    Slip(
        "classes/network",
        "inner = np.sum(grad * self.p, axis=-1, keepdims=True)",
        "inner = np.sum(grad * self.p, axis=0, keepdims=True)",
        ("return self.p * (grad - inner)",),
        "classes/parts.py",
    ),
    Slip(
        "classes/network",
        "return self.p * (grad - inner)",
        "return grad * self.p * (1 - self.p)",
        file="classes/parts.py",
    ),
    Slip("classes/network", "return grad + inner", "return inner"),
    Slip("classes/network", "return -self.y / self.p / len(self.y)", "return -self.y / self.p"),
    Slip("classes/network", "return -self.y / self.p / len(self.y)", "return self.p - self.y"),
    # normalization
    Slip("BatchNorm", "dsqrtvar = -1.0 / sqrtvar**2 * divar", "dsqrtvar = 1.0 / sqrtvar**2 * divar"),
    Slip("BatchNorm", "dvar = 0.5 / sqrtvar * dsqrtvar", "dvar = 0.5 * sqrtvar * dsqrtvar"),
    Slip("BatchNorm", "dxmu2 = 2 * xmu * dsq", "dxmu2 = xmu * dsq"),
    Slip("BatchNorm", "dmu = -np.sum(dx1, axis=0)", "dmu = -np.sum(dxmu1, axis=0) * 0.5"),
    Slip("BatchNorm", "divar = np.sum(dxhat * xmu, axis=0)", "divar = np.sum(dout * xmu, axis=0)"),
    Slip("BatchNorm", "return dx1 + dx2", "return dx1"),
    Slip("BatchNorm", "self.dgamma = np.sum(dout * xhat, axis=0)", "self.dgamma = np.sum(dout * xmu, axis=0)"),
    Slip("LayerNorm", "return (dn - m1 - self.norm * m2) * self.inv", "return (dn - m1 + self.norm * m2) * self.inv"),
    Slip("LayerNorm", "dn = d * self.gamma", "dn = d"),
    Slip(
        "LayerNorm",
        "m2 = (dn * self.norm).mean(-1, keepdims=True)",
        "m2 = (dn * self.norm).sum(-1, keepdims=True)",
        ("return (dn - m1",),
    ),
    Slip("LayerNorm", "self.dbeta = d.sum(0)", "self.dbeta = self.norm.sum(0)"),
    # convolution
    Slip("LoopConv", "dw[f] += self.x_pad", "dw[f] = self.x_pad"),
    Slip(
        "LoopConv",
        "dw[f] += self.x_pad[n, :, i : i + HH, j : j + WW]",
        "dw[f] += self.x_pad[n, :, j : j + WW, i : i + HH]",
    ),
    Slip(
        "LoopConv",
        "dx_pad[n, :, i : i + HH, j : j + WW] += self.W[f] * dout",
        "dx_pad[n, :, i : i + HH, j : j + WW] += self.W[f][:, ::-1, ::-1] * dout",
    ),
    Slip("LoopConv", "db[f] += dout[n, f].sum()", "db[f] = dout[n, f].sum()"),
    Slip("LoopConv", "return dx_pad[:, :, p:-p, p:-p]", "return dx_pad[:, :, :-2, :-2]"),
    Slip(
        "ColumnConv",
        "x[:, i : i + h - k + 1, j : j + w - k + 1, :] += cols",
        "x[:, i : i + h - k + 1, j : j + w - k + 1, :] = cols",
    ),
    Slip("ColumnConv", "+= cols[:, :, :, i * k + j, :]", "+= cols[:, :, :, j * k + i, :]"),
    Slip("ColumnConv", "self.db = flat.sum(axis=0)", "self.db = flat.mean(axis=0)"),
    Slip("MaxPool", "dx[b, k, 2 * i + row, 2 * j + col] +=", "dx[b, k, 2 * i + col, 2 * j + row] +="),
    Slip("MaxPool", "+= dout[b, k, i, j]", "+= dout[b, k, j, i]"),
    Slip("MaxPool", "np.argmax(window)", "np.argmin(window)", ("dx[b, k, 2 * i + row",)),
    # recurrent
    Slip("RNN", "self.dWh += self.h[:, t - 1].T @ draw", "self.dWh += self.h[:, t].T @ draw"),
    Slip("RNN", "draw = (1 - self.h[:, t] ** 2) * dh", "draw = (1 - self.h[:, t]) ** 2 * dh"),
    Slip("RNN", "dh = dout[:, t] + dnext", "dh = dout[:, t]"),
    Slip("RNN", "dnext = draw @ self.Wh.T", "dnext = dh @ self.Wh.T"),
    Slip("RNN", "self.dWx += self.x", "self.dWx = self.x"),
    Slip("RNN", "dx[:, t] = draw @ self.Wx.T", "dx[:, t - 1] = draw @ self.Wx.T"),
    Slip("LSTM", "dc = dc + dh * o * (1 - tc**2)", "dc = dh * o * (1 - tc**2)"),
    Slip("LSTM", "dc = dc + dh * o * (1 - tc**2)", "dc = dc + dh * o * (1 - c**2)"),
    Slip("LSTM", "df = dc * c_prev", "df = dc * c"),
    Slip("LSTM", "dc = dc * f\n", "dc = dc * i\n"),
    Slip("LSTM", "do * o * (1 - o), dg", "do * (1 - o), dg"),
    Slip("LSTM", "dU += h_prev.T @ da", "dU = h_prev.T @ da"),
    Slip("GRU", "dz = dh * (hh - h_prev)", "dz = dh * (h_prev - hh)"),
    Slip("GRU", "dh_prev += drh * r", "dh_prev += drh"),
    Slip("GRU", "dh_prev += drh * r\n", "dh_prev = drh * r\n"),
    Slip("GRU", 'self.grads["Uh"] += (r * h_prev).T @ da_h', 'self.grads["Uh"] += h_prev.T @ da_h'),
    Slip("GRU", "dhh = dh * z", "dhh = dh * (1 - z)"),
    # attention, embedding, dropout
    Slip("Attention", "dscores = dscores / np.sqrt(d)", "dscores = dscores"),
    Slip("Attention", "dk = dscores.transpose(0, 2, 1) @ self.q", "dk = dscores @ self.q"),
    Slip("Attention", "dv = self.p.transpose(0, 2, 1) @ dmixed", "dv = self.p @ dmixed"),
    Slip(
        "Attention",
        "dscores = self.p * (dp - np.sum(dp * self.p, axis=-1, keepdims=True))",
        "dscores = self.p * (1 - self.p) * dp",
    ),
    Slip("Attention", "dx += dv @ self.Wv.T", "dx = dv @ self.Wv.T"),
    Slip("Attention", "dmixed = dout @ self.Wo.T\n", "dmixed = dout @ self.Wq\n"),
    Slip(
        "Embedding",
        "np.add.at(self.dtable, self.indices, drows * self.x)",
        "self.dtable[self.indices] += drows * self.x",
    ),
    Slip("Embedding", "drows * self.x)", "drows)"),
    Slip("DropoutNet", "da = da * self.mask / self.keep", "da = da * self.mask"),
    Slip("DropoutNet", "dz = da * (self.z > 0)", "dz = da * (self.x @ self.W1 < 0)"),
    Slip("DropoutNet", "self.dW2 = self.dropped.T @ grad", "self.dW2 = self.a.T @ grad"),
    # functions
    Slip("swish", "return s + z * s * (1 - s)", "return s + s * (1 - s)"),
    Slip(
        "elu",
        "return np.where(z > 0, 1.0, alpha * np.exp(z))",
        "return np.where(z > 0, 1.0, alpha * np.exp(z) - alpha)",
    ),
    Slip("softsign", "return 1 / (1 + np.abs(z)) ** 2", "return 1 / (1 + np.abs(z))"),
    Slip(
        "softplus", "softplus_prime = lambda z: 1 / (1 + np.exp(-z))", "softplus_prime = lambda z: 1 / (1 + np.exp(z))"
    ),
    Slip("huber", "e, delta * np.sign(e)) / e.size", "e, np.sign(e)) / e.size"),
    Slip("huber", "delta * np.sign(e)) / e.size", "delta * np.sign(e)) / len(e)"),
    Slip("binary", "return (p - y) / (p * (1 - p)) / y.size", "return (p - y) / p * (1 - p) / y.size"),
    Slip("cosine", "c * p / a**2) / len(p)", "c * p / a) / len(p)"),
    Slip("cosine", "b = np.sqrt(np.sum(y**2, axis=1, keepdims=True))", "b = np.sum(y**2, axis=1, keepdims=True)"),
    Slip("focal", "first = gamma * (1 - pt) ** (gamma - 1)", "first = gamma * (1 - pt) ** gamma"),
    Slip("focal", "sign = np.where(y == 1, 1.0, -1.0)", "sign = np.where(y == 1, -1.0, 1.0)"),
    Slip("pairwise", "g[j] -= p[i]", "g[j] += p[i]"),
]
