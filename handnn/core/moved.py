"""Support for modules that moved: `python -m OLD` warns and runs the new module."""

import runpy
import sys


def run_moved(name: str, old: str, new: str) -> None:
    """Run the module `new` as a program if `old` was (`name` is '__main__'); do nothing on an import."""
    if name == "__main__":
        print(f"handnn: python -m {old} is now python -m {new}; the next release drops the old path", file=sys.stderr)
        sys.argv[0] = new
        runpy.run_module(new, run_name="__main__", alter_sys=True)
