"""Derivations in a file: found by what they say they are, or by their names.

A function says it in the first line of its docstring that begins with `handnn:`

    def loss_and_gradients(parameters, x, y):
        '''handnn: network 4-5-3 tanh softmax categorical_crossentropy, samples=columns'''

after which come a kind (network, activation, loss, layer, optimizer), what it is checked against, and options.
Without such a line names decide: `loss_and_gradients` with a module variable `network`, `silu` with `silu_gradient`,
`huber` with `huber_gradient`, `adam_step`; the second word may be gradient, derivative, prime, backward or grad.
"""

import importlib.util
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

KINDS = ("network", "activation", "loss", "layer", "optimizer")
DERIVATIVES = ("gradient", "derivative", "prime", "backward", "grad", "deriv")


class Derivation(NamedTuple):
    """Something to check: its name in the file, its kind, the reference, its functions and the options it came with."""

    name: str
    kind: str
    reference: str
    functions: tuple[Any, ...]
    options: dict[str, Any]


class Directive(NamedTuple):
    """What a `handnn:` line says."""

    kind: str
    reference: str
    options: dict[str, Any]


def load(path: str) -> ModuleType:
    """Import a file as a module of its own; the folder it lies in can be imported from, as when it is run."""
    file = Path(path)
    if not file.is_file():
        raise FileNotFoundError(f"{path}: no such file; expected a Python file with derivations")
    name = re.sub(r"\W", "_", file.stem)
    spec = importlib.util.spec_from_file_location(f"derivations_{name}", file)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path}: not a Python file; expected a name that ends in .py")
    module = importlib.util.module_from_spec(spec)
    folder = str(file.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def directive(text: str | None) -> Directive | None:
    """Return what the `handnn:` line of a docstring says; raise one clear line for what cannot be read."""
    match = re.search(r"^\s*handnn:\s*(.+)$", text or "", re.MULTILINE)
    if match is None:
        return None
    said, *options = [part.strip() for part in match[1].split(",")]
    kind, _, reference = said.partition(" ")
    if kind not in KINDS:
        if re.match(r"\d+(-\d+)+$", kind):
            kind, reference = "network", said
        else:
            raise ValueError(f"'handnn: {match[1]}' must begin with {', '.join(KINDS)} or widths; received {kind!r}")
    return Directive(kind, reference.strip(), dict(_option(option) for option in options if option))


def _option(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"an option must be written name=value; received {text!r}")
    value = value.strip()
    try:
        return key.strip(), float(value) if "." in value or "e" in value.lower() else int(value)
    except ValueError:
        return key.strip(), value


def find(module: ModuleType) -> list[Derivation]:
    """Return the derivations of a module, those it names first."""
    own = {
        name: value
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__
        and (inspect.isfunction(value) or inspect.isclass(value))
    }
    found, used = [], set()
    for name, value in own.items():
        try:
            said = directive(value.__doc__)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        if said is not None:
            partner = _partner(name, own)
            used |= {name, partner}
            functions = (value,) if partner is None else (value, own[partner])
            found.append(Derivation(name, said.kind, said.reference, functions, said.options))
    rest = {name: value for name, value in own.items() if name not in used}
    return [*found, *_guessed(rest, module)]


def _partner(name: str, own: Mapping[str, Any]) -> str | None:
    """Return the name of the function that is the derivative of this one, if there is one."""
    for word in DERIVATIVES:
        for partner in (f"{name}_{word}", f"{word}_{name}", f"d_{name}", f"d{name}"):
            if partner in own:
                return partner
    return None


def _guessed(own: dict[str, Any], module: ModuleType) -> Iterator[Derivation]:
    from ... import activations, losses, optimizers

    network = getattr(module, "network", getattr(module, "NETWORK", None))
    convention = dict(getattr(module, "convention", getattr(module, "CONVENTION", {})))
    for name, value in own.items():
        if isinstance(network, str) and name in NETWORK_NAMES:
            yield Derivation(name, "network", network, (value,), convention)
            continue
        partner = _partner(name, own)
        if partner is not None and name in activations.activations:
            yield Derivation(name, "activation", name, (value, own[partner]), {})
        elif partner is not None and name in losses.losses:
            yield Derivation(name, "loss", name, (value, own[partner]), {})
        elif partner is not None and inspect.isfunction(value):
            yield Derivation(name, "activation", "", (value, own[partner]), {})
        elif name.removesuffix("_step") in optimizers.optimizers:
            yield Derivation(name, "optimizer", name.removesuffix("_step"), (value,), {})


NETWORK_NAMES = ("loss_and_gradients", "gradients", "backprop", "backpropagation", "loss", "TwoLayerNet", "Network")


def check(derivation: Derivation) -> Any:
    """Return the verdict on one derivation."""
    from .. import CHECKS

    options = derivation.options
    if derivation.kind not in CHECKS:
        raise ValueError(f"{derivation.name}: there is no check for {derivation.kind}; there is {', '.join(CHECKS)}")
    try:
        return CHECKS[derivation.kind](
            *derivation.functions, derivation.reference or None, name=derivation.name, **options
        )
    except TypeError as error:
        raise ValueError(f"{derivation.name}: {error}") from None
