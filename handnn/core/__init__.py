"""What every wing stands on: variables, registries, names, contiguous memory, the trace, atomic files."""
