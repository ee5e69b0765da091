"""The output folder of `handnn compare --surfaces`.

    surfaces.json      the options, and the numbers of every path
    paths.csv          every point of every path, both sides
    plots/<name>.png   a picture of each surface

All files are written atomically.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from ...core import atomic
from ...core.claim import LOCK
from ...core.text import finite
from .. import style
from ..report import PLOTS, csv_line
from .functions import surfaces
from .plots import surface_figure
from .trajectories import Paths

NUMBERS = "surfaces.json"


def fingerprint(names: Sequence[str], dtype: str) -> str:
    """Return a digest of the options that determine the paths."""
    return hashlib.sha256(json.dumps([list(names), dtype]).encode()).hexdigest()[:8]


def ensure_own(directory: str | os.PathLike[str], names: Sequence[str], dtype: str) -> None:
    """Check that a folder holds nothing but these paths.

    Raises:
        ValueError: it holds something else. Nothing changes.
    """
    top = Path(directory)
    if not top.exists() or (top.is_dir() and not {path.name for path in top.iterdir()} - {LOCK}):
        return
    try:
        held = json.loads((top / NUMBERS).read_text(encoding="utf-8"))["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError):
        held = None
    if held != fingerprint(names, dtype):
        raise ValueError(f"{top} holds other files than these paths; give another --run")


def write(found: list[Paths], directory: str | os.PathLike[str], dtype: str) -> list[Path]:
    """Write pictures and numbers, and return the files."""
    top = Path(directory)
    (top / PLOTS).mkdir(parents=True, exist_ok=True)
    names = list(dict.fromkeys(paths.optimizer for paths in found))
    about = {"fingerprint": fingerprint(names, dtype), "dtype": dtype, **as_dict(found)}
    atomic.write(top / NUMBERS, json.dumps(finite(about), indent=2, allow_nan=False).encode() + b"\n")
    written = [top / NUMBERS, top / "paths.csv"]
    with atomic.opened(top / "paths.csv") as file:
        file.write(b"surface,optimizer,learning_rate,step,x,y,keras_x,keras_y\n")
        for paths in found:
            start = csv_line([paths.surface, paths.optimizer, paths.learning_rate])
            for step, (ours, theirs) in enumerate(zip(paths.hand.tolist(), paths.keras.tolist(), strict=True)):
                file.write(f"{start},{step},{','.join(map(repr, ours + theirs))}\n".encode())
    for surface, group in groupby(found, key=lambda paths: paths.surface):
        written.append(top / PLOTS / f"{surface}.png")
        atomic.write(written[-1], style.png(surface_figure(list(group))))
    return written


def as_dict(found: list[Paths]) -> dict[str, Any]:
    """Return the numbers of every path; infinities are not replaced."""
    return {
        "ok": all(paths.ok for paths in found),
        "paths": [
            {
                "surface": paths.surface,
                "optimizer": paths.optimizer,
                "learning_rate": paths.learning_rate,
                "steps": len(paths.hand) - 1,
                "end": float(surfaces[paths.surface].value(paths.hand[-1])),
                "apart": paths.apart,
                "worst_error_over_allowance": paths.worst.ratio,
                "worst_at": paths.worst.where.strip(),
                "ok": paths.ok,
            }
            for paths in found
        ],
    }
