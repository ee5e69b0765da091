"""Shared foundations: variables, registries, names, contiguous memory, the trace, atomic files."""
