"""Public names of Keras that a network of dense layers has no use for, each with the reason why handnn leaves it out.

Tests compare the registries with the names of the installed Keras: one that is neither implemented nor listed here
fails. docs/parity.md prints the table.
"""

ABSENT: dict[str, dict[str, str]] = {
    "activations": {},
    "constraints": {},
    "initializers": {},
    "layers": {},
    "losses": {},
    "metrics": {},
    "optimizers": {"legacy": "its classes only raise an error that sends the user to tf_keras"},
    "regularizers": {},
    "schedules": {},
}
"""{Keras module: {name: reason}}."""
