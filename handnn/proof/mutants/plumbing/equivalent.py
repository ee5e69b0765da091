"""Changes of plumbing that make no difference, and why: by function, and by the change as the table writes it."""

EQUIVALENT: dict[tuple[str, str], str] = {}
