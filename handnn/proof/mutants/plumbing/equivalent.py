"""Changes of plumbing that make no difference, and why: by function, and by the change as the table writes it."""

COMPUTED_AGAIN = "what is kept is computed again, to the same result"
MORE_WORK = "only more is computed, which nobody reads"

EQUIVALENT: dict[tuple[str, str], str] = {
    ("compiled.Compiled.output_loss", "if training not in self._output_losses:  ->  if True:"): COMPUTED_AGAIN,
    ("network.Network.__call__", "wants_dx=False  ->  wants_dx=True"): MORE_WORK,
}
