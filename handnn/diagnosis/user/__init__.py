"""Find and call whatever is in people's files.

    for found in subjects("mine.py"):        # or "package/module.py:Class", or a notebook
        found.found                          # "values W, b, x; derivatives of W, b in self.grads; ..."
        found.claimed, found.unchecked       # what is compared, and what cannot be and why
        loss, derivatives = found.run(probe)

What cannot be read comes as `Unread(name, kind, why)`; of kind 'helper' it claims no derivative by itself. A file is
read in a process of its own by `isolation.isolated(path, "module:function")`.
"""

from .parts import Unread
from .process.isolation import isolated
from .protocols import Load, Probe, Subject
from .reading import Found, read, subjects

__all__ = ["Found", "Load", "Probe", "Subject", "Unread", "isolated", "read", "subjects"]
