"""Solutions of the exercises of `check --new`, which are not shipped, and three typical slips in each."""

SOLUTIONS: dict[str, dict[str, str]] = {
    "network": {
        "dW2": "a1.T @ delta2",
        "db2": "delta2.sum(axis=0)",
        "da1": "delta2 @ W2.T",
        "delta1": "da1 * (1 - a1**2)",
        "dW1": "x.T @ delta1",
        "db1": "delta1.sum(axis=0)",
    },
    "batch_normalization": {
        "self.dgamma": "(upstream * self.x_hat).sum(axis=0)",
        "self.dbeta": "upstream.sum(axis=0)",
        "dx_hat": "upstream * self.gamma",
        "dx": "(dx_hat - dx_hat.mean(axis=0) - self.x_hat * (dx_hat * self.x_hat).mean(axis=0)) / self.std",
    },
    "convolution": {
        "self.db": "upstream.sum(axis=(0, 1, 2))",
        "self.dW +": "np.tensordot(window, delta, axes=([0], [0]))",
        "dx[:, i : i + k, j : j + k, :] +": "np.tensordot(delta, self.W, axes=([1], [3]))",
    },
    "lstm": {
        "dc": "dh * o * (1 - tanh_c**2) + dc_next",
        "dz_o": "dh * tanh_c * o * (1 - o)",
        "dz_i": "dc * g * i * (1 - i)",
        "dz_f": "dc * c * f * (1 - f)",
        "dz_g": "dc * i * (1 - g**2)",
        "self.dW +": "self.x[:, t].T @ dz",
        "self.dR +": "h.T @ dz",
        "self.db +": "dz.sum(axis=0)",
        "dx[:, t]": "dz @ self.W.T",
        "dh_next": "dz @ self.R.T",
        "dc_next": "dc * f",
    },
    "attention": {
        "dv": "self.p.transpose(0, 2, 1) @ upstream",
        "dp": "upstream @ self.v.transpose(0, 2, 1)",
        "dscores": "self.p * (dp - (dp * self.p).sum(axis=2, keepdims=True))",
        "dq": "dscores @ self.k / np.sqrt(self.q.shape[2])",
        "dk": "dscores.transpose(0, 2, 1) @ self.q / np.sqrt(self.q.shape[2])",
        "self.dWq": 'np.einsum("ntd,ntu->du", self.x, dq)',
        "self.dWk": 'np.einsum("ntd,ntu->du", self.x, dk)',
        "self.dWv": 'np.einsum("ntd,ntu->du", self.x, dv)',
        "return": "dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv.T",
    },
}
"""For each line marked TODO, by what it assigns to, the right side."""

SLIPS: dict[str, list[tuple[str, str]]] = {
    "network": [
        ("delta1", "da1 * (1 + a1**2)"),
        ("db2", "delta2.mean(axis=0)"),
        ("dW1", "x.T @ da1"),
    ],
    "batch_normalization": [
        ("dx", "(dx_hat - dx_hat.mean(axis=0)) / self.std"),
        ("self.dgamma", "(upstream * self.centred).sum(axis=0)"),
        ("dx_hat", "upstream * self.beta"),
    ],
    "convolution": [
        ("self.db", "upstream.mean(axis=(0, 1, 2))"),
        ("dx[:, i : i + k, j : j + k, :] +", "np.tensordot(delta, self.W[::-1, ::-1], axes=([1], [3]))"),
        ("self.dW +", "np.tensordot(window, delta, axes=([0], [0])) / len(window)"),
    ],
    "lstm": [
        ("dz_f", "dc * c * f"),
        ("dc", "dh * o * (1 - tanh_c**2)"),
        ("dh_next", "dz_i @ self.R[:, : dz_i.shape[1]].T"),
    ],
    "attention": [
        ("dscores", "self.p * (1 - self.p) * dp"),
        ("dk", "dscores @ self.q / np.sqrt(self.q.shape[2])"),
        ("dq", "dscores @ self.k"),
    ],
}
"""A line's right side as somebody may write it, in an otherwise right solution."""


def filled(text: str, answers: dict[str, str]) -> str:
    """Return an exercise with these right sides in its TODO lines; every TODO must have one."""
    lines, used = text.splitlines(), set()
    for i, line in enumerate(lines):
        if "# TODO" not in line or line.lstrip().startswith(("The task", '"')):
            continue
        code = line.split("  # TODO")[0]
        target = "return" if code.lstrip().startswith("return ") else code.strip().split("= ")[0].rstrip()
        indent = code[: len(code) - len(code.lstrip())]
        equals = " " if target == "return" else "= " if target.endswith("+") else " = "
        lines[i] = f"{indent}{target}{equals}{answers[target]}"
        used.add(target)
    assert used == set(answers), used ^ set(answers)
    return "\n".join(lines) + "\n"


def line_of(text: str, target: str) -> int:
    """Return the number of the TODO line that assigns to a target."""
    start = "return np.zeros" if target == "return" else f"{target}= " if target.endswith("+") else f"{target} = "
    return next(n for n, line in enumerate(text.splitlines(), 1) if "# TODO" in line and line.strip().startswith(start))
