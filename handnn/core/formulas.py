"""The formulas of a layer as it states them, and the same in LaTeX.

They are taken from the classes' `formulas` and docstrings, so that a new layer, activation, loss or optimizer needs no
code here.
"""

import re
from collections.abc import Iterator
from typing import Any

FORMULAS = {
    "z": "x @ W + b",
    "a": "f(z)",
    "upstream": "dL/da, all paths",
    "delta": "upstream * f'(z)",
    "dW": "x.T @ delta",
    "db": "delta.sum(axis=0)",
    "dx": "delta @ W.T",
    "values": "loss of each sample",
    "loss": "reduced loss",
}
"""Of every step; a layer's own `formulas` come first."""

REFERENCE = re.compile(r"[.:]?\s*`keras\.|\.(?:\s|$)")


def about(thing: Any) -> str:
    """Return the first paragraph with a formula of a docstring's first two, up to the reference to Keras."""
    paragraphs = [" ".join(part.split()) for part in (type(thing).__doc__ or "").split("\n\n")]
    formulas = [part for part in paragraphs[:2] if "=" in part or "<-" in part]
    text = REFERENCE.split((formulas or paragraphs)[0])[0]
    return text.rstrip(" .,")


def slope(activation: Any) -> list[str]:
    """Return the docstring's f'(z), or delta for an activation that mixes a row."""
    text = " ".join((type(activation).__doc__ or "").split("Args:")[0].split())
    ending = r".*?(?=[.;] |\.$| `keras|$)"
    found = re.search(rf"f'\(z\) = {ending}|delta(_\w)? = {ending}", text)
    return [found.group(0).rstrip(" .,")] if found else []


# ---- LaTeX ---------------------------------------------------------------------------------------------------------

GREEK = ("delta", "gamma", "beta", "alpha", "tau", "epsilon", "theta", "mu", "sigma")
FUNCTIONS = {
    **{name: rf"\{name}" for name in ("exp", "log", "max", "min", "tanh")},
    **{name: rf"\operatorname{{{name}}}" for name in ("mean", "softmax", "relu6", "softplus", "sqrt")},
    **{name: rf"\operatorname{{{name}}}" for name in ("patches", "fold", "einsum")},
    "sum": r"\textstyle\sum",
    "sigmoid": r"\sigma",
}
SYMBOLS = {"xhat": r"\hat x", "upstream": r"{\frac{\partial L}{\partial a}}", "db": "db", "dW": "dW", "dx": "dx",
           "dL": r"\partial L", "da": r"\partial a", "dq": "dq", "dk": "dk", "dv": "dv", "du": "du"}  # fmt: skip
TOKEN = re.compile(
    r"(?P<sum>\.sum\(axis=\d\))|(?P<transposed>\.T\b)|(?P<name>[A-Za-z]{2,}_[A-Za-z]{2,})|(?P<word>[A-Za-z]+\d*'?)"
    r"|(?P<subscript>_\([\w -]+\)|_\w+)"
    r"|(?P<times> ?[@] ?)|(?P<each> ?\* ?)|(?P<power>\^)|(?P<less><=)|(?P<more>>=)|(?P<dots>\.\.\.)|(?P<rest>.)"
)


OPERATOR = re.compile(r"(?:\\ | )+([=+<>/-]|\\leq|\\geq)(?:\\ | )+")
WORDS = re.compile(r"(\\text\{[^}]*)\}\\ \\text\{")


def latex(formula: str) -> str:
    """Return a formula, as classes state it, in LaTeX; what is in words stays in words."""
    out: list[str] = []
    for kind, text, following in _tokens(formula):
        if kind == "word":
            out.append(_word(text, following))
        elif kind == "subscript":
            out.append("_{" + text[1:].strip("()").replace(" in ", r" \in ") + "}")
        elif kind == "name":
            out.append(rf"\text{{{text.replace('_', ' ')}}}")
        else:
            known = {
                "sum": r"\text{ summed over the batch}", "transposed": "^T", "times": r"\,", "each": r" \odot ",
                "power": "^", "less": r" \leq ", "more": r" \geq ", "dots": r"\dots",
            }  # fmt: skip
            out.append(known.get(kind, {" ": r"\ ", "`": ""}.get(text, text)))
    joined = OPERATOR.sub(r" \1 ", "".join(out))
    while (merged := WORDS.sub(r"\1 ", joined)) != joined:
        joined = merged
    return joined


def _tokens(formula: str) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, text, the character after it)."""
    for found in TOKEN.finditer(formula):
        yield found.lastgroup or "rest", found.group(), formula[found.end() : found.end() + 1]


def _word(text: str, following: str) -> str:
    if text in FUNCTIONS and (following in ("(", "_") or (text, following) == ("log", " ")):
        return FUNCTIONS[text]
    if text in SYMBOLS:
        return SYMBOLS[text]
    if text in GREEK:
        return rf"\{text}"
    if text[0] == "d" and text[1:] in GREEK:
        return rf"d\{text[1:]}"
    return text if len(text.rstrip("'")) == 1 else rf"\text{{{text}}}"


def of_layer(layer: Any, fused: bool = False) -> list[str]:
    """Return the forward and backward formulas of a layer in LaTeX, in the order of computation.

    `fused` is whether the loss gives delta = dL/dz directly, the activation inside.
    """
    weights = [variable.name for variable in layer.weights]
    own = {"z": "x", "dx": "delta"}
    if "kernel" in weights:
        own = {"z": "x @ W" + " + b" * ("bias" in weights), "dW": FORMULAS["dW"]}
        own |= ({"db": FORMULAS["db"]} if "bias" in weights else {}) | {"dx": FORMULAS["dx"]}
    own |= {name: text for name, text in layer.formulas.items() if name != "mask"}
    forward, dx = f"z = {latex(own.pop('z'))}", f"dx = {latex(own.pop('dx'))}"
    return [forward, *_of_activation(layer.output_activation, fused), *_of_weights(own, weights), dx]


def _of_activation(activation: Any, fused: bool) -> list[str]:
    """Return a and delta."""
    linear = activation is None or activation.name == "linear"
    forward = "a = z" if linear else latex(re.split(r"[,;] f'\(z\) = |[,;] delta", about(activation))[0])
    if fused:
        inside = "" if linear else r"\ \text{with the activation inside}"
        return [forward, rf"\delta = \frac{{\partial L}}{{\partial z}}{inside}"]
    if linear:
        return [forward, rf"\delta = {SYMBOLS['upstream']}"]
    stated = slope(activation)
    by_rows = any("delta" in line for line in stated)
    return [forward, *map(latex, stated), *([] if by_rows else [rf"\delta = {latex(FORMULAS['delta'])}"])]


def _of_weights(own: dict[str, str], weights: list[str]) -> Iterator[str]:
    for name, text in own.items():
        yield f"{_left(name, weights)} = {latex(text)}"


def _left(name: str, weights: list[str]) -> str:
    word = _word(name, "")
    if name[0] == "d" and name[1:] in weights and word.startswith(r"\text"):
        return rf"d\text{{{name[1:].replace('_', ' ')}}}"
    return rf"\text{{{name.replace('_', ' ')}}}" if word.startswith(r"\text") else word


def aligned(lines: list[str]) -> str:
    """Return lines of LaTeX below each other, aligned at their first =, as notebooks show them."""
    rows = [line.replace(" = ", " &= ", 1) for line in lines]
    return r"$$\begin{aligned} " + r" \\ ".join(rows) + r" \end{aligned}$$"
