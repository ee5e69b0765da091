"""`python -m handnn.proof.random`: see networks.py."""

import sys

from .networks import main

sys.exit(main())
