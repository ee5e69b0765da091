"""`python -m handnn.proof.random`: see networks.py."""

import sys

from .run import main

if __name__ == "__main__":
    sys.exit(main())
