"""Modules that are run with `python -m` under an old path warn, and run the new one."""

import runpy
import sys


def run_moved(name: str, old: str, new: str) -> None:
    """Run the module `new` as a program if `name` says that `old` was run as one; do nothing on an import."""
    if name == "__main__":
        print(f"handnn: python -m {old} is now python -m {new}; the next release drops the old path", file=sys.stderr)
        sys.argv[0] = new
        runpy.run_module(new, run_name="__main__", alter_sys=True)
