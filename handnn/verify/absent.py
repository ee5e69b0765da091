"""Public names of Keras that a network of dense layers has no use for, each with the reason why handnn leaves it out.

Tests compare the registries with the names of the installed Keras: one that is neither implemented nor listed here
fails. docs/parity.md prints the table.
"""

ABSENT: dict[str, dict[str, str]] = {
    "activations": {},
    "constraints": {"deserialize": "`get` reads a config too"},
    "initializers": {},
    "layers": {},
    "losses": dict.fromkeys(("CTC", "ctc"), "connectionist temporal classification is for sequences"),
    "metrics": {},
    "optimizers": {},
    "regularizers": {"deserialize": "`get` reads a config too"},
    "schedules": {},
}
"""{Keras module: {name: reason}}."""
