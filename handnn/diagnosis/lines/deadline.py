"""A limit on the time of a user's code, and of what is tried in its place: neither need end."""

import contextlib
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TypeVar

SHORTEST = 0.01
"""Seconds that are given at least: a timer of 0 never rings."""
T = TypeVar("T")
_enough = [math.inf]


class SlowError(BaseException):
    """The time for a search is over. No Exception, so that a user's code does not swallow it."""


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise SlowError after so many seconds of computing, also within a user's loop.

    On Windows and in other threads never.
    """
    outer, _enough[0] = _enough[0], math.inf
    try:
        with _timer(seconds):
            yield
    finally:
        _enough[0] = outer


@contextlib.contextmanager
def _timer(seconds: float, of_the_wall: bool = False) -> Iterator[None]:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    timer, number, clock = signal.ITIMER_PROF, signal.SIGPROF, time.process_time
    if of_the_wall:
        timer, number, clock = signal.ITIMER_REAL, signal.SIGALRM, time.perf_counter

    def late(number: int, frame: FrameType | None) -> None:
        raise SlowError(f"it takes more than {seconds:g} s to call it")

    before, began = signal.signal(number, late), clock()
    rest = signal.getitimer(timer)[0]
    signal.setitimer(timer, max(min(seconds, rest or seconds), SHORTEST))
    try:
        yield
    finally:
        signal.setitimer(timer, max(rest - clock() + began, SHORTEST) if rest else 0.0)
        signal.signal(number, before)


@contextlib.contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Raise SlowError after so many seconds of the clock on the wall: for code that waits and does not compute."""
    with _timer(seconds, of_the_wall=True):
        yield


def within(seconds: float, do: Callable[[], T]) -> T | None:
    """Return what a function returns; None if that takes longer."""
    try:
        with deadline(seconds):
            return do()
    except SlowError:
        return None


def at_most(seconds: float) -> None:
    """Let `over` say after so many seconds of computing, at the latest, that enough was tried in this deadline."""
    _enough[0] = min(_enough[0], time.process_time() + seconds)


def over() -> bool:
    """Return whether enough was tried: asked between two tries, so that nothing is torn."""
    return time.process_time() > _enough[0]
