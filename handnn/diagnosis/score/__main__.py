"""`python -m handnn.diagnosis.score`: see measure.py."""

import sys

from .measure import main

sys.exit(main())
