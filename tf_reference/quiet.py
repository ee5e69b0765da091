"""Suppresses TensorFlow's start-up messages."""

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_mask_warnings() -> Iterator[None]:
    """Suppress Keras' warning that a layer loses a mask: the same is said of the network itself."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Layer '.*was passed an input with a mask")
        yield


@contextmanager
def quiet_start() -> Iterator[None]:
    """Suppress what the import of TensorFlow writes to standard error; show it if the import fails.

    Its C++ part writes before the log level takes effect, so the file descriptor itself is redirected.
    """
    try:
        descriptor = sys.__stderr__.fileno()  # type: ignore[union-attr]
        kept = os.dup(descriptor)
    except (AttributeError, OSError, ValueError):  # no standard error to protect
        yield
        return
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), descriptor)
        try:
            yield
        except BaseException:
            aside.seek(0)
            os.write(kept, aside.read())
            raise
        finally:
            os.dup2(kept, descriptor)
            os.close(kept)
