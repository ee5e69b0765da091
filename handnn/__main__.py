"""`python -m handnn`: the same as the `handnn` command."""

from .cli import main

main()
