"""Is somebody's derivation right, right in another convention, unstable, or wrong, and then where and why?"""

from .network import check_network
from .verdict import VERDICTS, Verdict

__all__ = ["VERDICTS", "Verdict", "check_network"]
