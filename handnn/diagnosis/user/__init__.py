"""Find and call whatever is in people's files: `subjects(path)` yields it ready for the judge."""

from .protocols import Load, Probe, Subject
from .reading import Found, Unread, read, subjects

__all__ = ["Found", "Load", "Probe", "Subject", "Unread", "read", "subjects"]
