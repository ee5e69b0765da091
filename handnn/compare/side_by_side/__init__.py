"""Both sides of one training run on a page: `handnn report RUN` reads the run's logs and writes one HTML file."""

from .page import write

__all__ = ["write"]
