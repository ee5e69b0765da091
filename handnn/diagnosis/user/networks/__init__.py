"""Readings of networks: functions and classes."""

from .functions import Parts

__all__ = ["Parts"]
