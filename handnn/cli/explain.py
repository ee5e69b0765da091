"""`handnn explain`: is a dumped result what its formula may give in a precision?"""

import contextlib
import importlib.util
import inspect
import os
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import click

from . import console

if TYPE_CHECKING:
    import numpy as np

EXAMPLES = """
\b
Examples:
  handnn explain formula.py:f --inputs x.npz --actual y.npz
  handnn explain attention.py:attention --inputs qkv.npz --actual out.npz
      --dtype bfloat16 --accumulate float32
  handnn explain formula.py:f --inputs x.npz --actual a.npz --actual b.npz
      two results of one formula: which of them is off?
\b
x.npz holds arrays with the names of f's arguments, or in their order. What
NumPy cannot store, such as bfloat16, may come as raw bytes or uint16.
\b
Exit status 0: rounding explains the result; 1: it does not; 2: bad input;
3: nothing is wrong, but some elements have no finite allowance.
"""


@click.command("explain", epilog=EXAMPLES)
@click.argument("formula", metavar="FILE.py:FUNCTION")
@click.option(
    "--inputs", required=True, metavar="FILE", help="an .npz file with f's arguments, or .npy with the only one"
)
@click.option(
    "--actual",
    required=True,
    multiple=True,
    metavar="FILE",
    help="an .npz or .npy file with the result; two to compare them",
)
@click.option(
    "--dtype",
    default="float32",
    show_default=True,
    metavar="NAME",
    help="the precision: float16, bfloat16, float64, ...",
)
@click.option(
    "--accumulate", metavar="HOW", help="of sums and products: float32, float64, tree, sequential, blocked:64"
)
@click.option("--fma/--no-fma", default=None, help="products are surely fused into additions, or surely not")
@click.option("--denormals/--no-denormals", default=None, help="denormals are surely kept, or surely flushed to 0")
@click.option("--rounding", default="nearest", show_default=True, metavar="HOW", help="nearest, or any: truncated too")
@click.option("--output", metavar="NAME", help="the format in which the result is stored, if narrower")
@click.option("--json", "as_json", is_flag=True, help="print the verdict as JSON")
@click.pass_context
def command(
    ctx: click.Context, /, formula: str, inputs: str, actual: tuple[str, ...], as_json: bool, **options: Any
) -> None:
    """Is a result what a formula may give in this precision? No tolerance to choose."""
    from ..rounding import explanation
    from ..rounding.enclosure import precision

    with console.input_errors():
        if len(actual) > 2:
            raise ValueError(f"--actual must be given once or twice; received {len(actual)}")
        precision(options["dtype"], options["accumulate"], options["fma"], options["denormals"], options["rounding"])
        f = _function(formula)
        formats = [name for name in (options["dtype"], options["output"]) if name]
        arguments = _arguments(f, _read(inputs, formats, "--inputs"), inputs)
        results = [_result(_read(file, formats, "--actual")) for file in actual]
        if len(results) == 2:
            found: Any = explanation.explain_difference(*results, f, *arguments, **options)
        else:
            found = explanation.explain(results[0], f, *arguments, **options)
    if as_json:
        parts = [found.first, found.second] if len(results) == 2 else [found]
        console.print_json({"ok": found.ok, "results": [part.to_dict() for part in parts]})
    else:
        click.echo(str(found))
    verdicts = {own.verdict for own in ([found.first, found.second] if len(results) == 2 else [found])}
    ctx.exit(console.MISMATCH if "not explained" in verdicts else console.UNJUDGED if "unknown" in verdicts else 0)


def _function(place: str) -> Any:
    """Return FUNCTION of FILE.py; raise ValueError if there is none."""
    path, colon, name = place.rpartition(":")
    if not colon or not path.endswith(".py"):
        raise ValueError(f"FORMULA must be FILE.py:FUNCTION; received {place!r}")
    if not os.path.isfile(path):
        raise ValueError(f"{path}: no such file; FORMULA must be FILE.py:FUNCTION")
    spec = importlib.util.spec_from_file_location("handnn_formula", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    try:
        with contextlib.redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
    except Exception as error:
        raise ValueError(f"{path} does not run: {type(error).__name__}: {error}") from None
    finally:
        sys.path.pop(0)
    found = module
    for part in name.split("."):
        found = getattr(found, part, None)  # type: ignore[assignment]
    if not callable(found):
        known = ", ".join(key for key, value in vars(module).items() if inspect.isfunction(value)) or "none"
        raise ValueError(f"{path} has no function {name!r}; it has {known}")
    return found


def _read(path: str, formats: list[str], option: str) -> dict[str, "np.ndarray[Any, Any]"]:
    """Return the arrays of an .npz or .npy file by name.

    Raises:
        ValueError: it is no such file, or an array's bytes are numbers of none of these formats.
    """
    import numpy as np

    expected = f"{option} must be an .npz or .npy file of numbers"
    try:
        file = np.load(path, allow_pickle=False)
        if isinstance(file, np.ndarray):
            return {"arr_0": _numbers(file, formats, path)}
        with file:
            return {name: _numbers(file[name], formats, f"{path}: {name}") for name in file.files}
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: {error}; {expected}") from None


def _numbers(array: Any, formats: list[str], name: str) -> Any:
    """Return an array; raw bytes, and uint16 for bfloat16, as numbers of the one of these formats that fits."""
    import numpy as np

    from ..rounding.enclosure.precision import format_of, numpy_dtype

    known = [format_of(own).name for own in formats]
    if "bfloat16" in known and array.dtype.itemsize == 2 and array.dtype.kind in "Vu":
        return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    if array.dtype.kind in "biuf":
        return array
    fitting = [own for own in known if array.dtype.kind == "V" and numpy_dtype(own).itemsize == array.dtype.itemsize]
    if fitting:
        return array.view(numpy_dtype(fitting[0]))
    raise ValueError(f"{name} must hold numbers; received dtype {array.dtype}")


def _arguments(f: Any, arrays: dict[str, Any], path: str) -> list[Any]:
    """Return the arrays in the order of f's arguments: by name, otherwise as they come."""
    try:
        known = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return list(arrays.values())
    positional = [p for p in known if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    names, needed = [p.name for p in positional], [p.name for p in positional if p.default is p.empty]
    if set(needed) <= set(arrays) <= set(names):
        last = max((i for i, name in enumerate(names) if name in arrays), default=-1)
        return [arrays.get(p.name, p.default) for p in positional[: last + 1]]
    several = any(p.kind is p.VAR_POSITIONAL for p in known)
    if not len(needed) <= len(arrays) <= (len(arrays) if several else len(names)):
        wants = ", ".join(names) or "no arguments"
        raise ValueError(f"{path} must hold f's arguments {wants}; it holds {', '.join(arrays) or 'nothing'}")
    return list(arrays.values())


def _result(arrays: dict[str, Any]) -> Any:
    """Return the only array, or all of them in a list."""
    found = list(arrays.values())
    return found[0] if len(found) == 1 else found
