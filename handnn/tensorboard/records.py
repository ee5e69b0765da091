"""The records of a whole curve at once: they differ in nothing but step and values.

A record is length (uint64), its checksum (uint32), data, their checksum (uint32), all little-endian. TensorBoard's own
writer takes 50 us for each, half of it the checksum in Python. Here one event is encoded by protocol buffers, the
bytes of step and values are put in its copies, a row each, and the checksums of all rows are computed together.
"""

import functools
from collections.abc import Callable

import numpy as np

from ..core.variable import Array

__all__ = ["checksums", "records"]

POLYNOMIAL = 0x82F63B78
"""Castagnoli's, bits reflected (CRC32C)."""
MASK = 0xA282EAD8
"""Added to a rotated checksum by the format, because data may hold checksums themselves."""


def records(encode: Callable[[int, bytes], bytes], steps: Array, values: Array) -> bytes:
    """Return the records of all steps, in their order.

    Args:
        encode: returns the event of a step, with these bytes as its numbers; every step's event has the same fields.
        steps: (n,) integers >= 0. values: (n, k) float32.
    """
    widths = np.searchsorted(1 << 7 * np.arange(9), steps, side="right")  # bytes of a step; 0 is left out
    parts = np.split(np.arange(len(steps)), np.flatnonzero(np.diff(widths)) + 1)
    return b"".join(
        _of_one_width(encode, steps[part], values[part], int(widths[part[0]])) for part in parts if len(part)
    )


def _of_one_width(encode: Callable[[int, bytes], bytes], steps: Array, values: Array, width: int) -> bytes:
    """Return the records of steps that take the same number of bytes; where two events differ, the numbers are."""
    count, shortest, longest = 4 * values.shape[1], 1 << 7 * (width - 1) if width else 0, (1 << 7 * width) - 1
    event = np.frombuffer(encode(shortest, bytes(count)), np.uint8)
    of_step = event != np.frombuffer(encode(longest, bytes(count)), np.uint8)
    of_values = event != np.frombuffer(encode(shortest, b"\xff" * count), np.uint8)
    data = np.tile(event, (len(steps), 1))
    data[:, of_step] = _varints(steps, width)
    data[:, of_values] = np.ascontiguousarray(values, "<f4").view(np.uint8)
    length = np.frombuffer(len(event).to_bytes(8, "little"), np.uint8)[None]
    header = np.hstack([length, _as_bytes(checksums(length))])
    return np.hstack([np.repeat(header, len(data), 0), data, _as_bytes(checksums(data))]).tobytes()


def _varints(numbers: Array, width: int) -> Array:
    """Return numbers as protocol buffers write them: 7 bits a byte, lowest first, the top bit set if more follow."""
    found = numbers[:, None] >> 7 * np.arange(width) & 127
    found[:, :-1] |= 128
    return found.astype(np.uint8)


def _as_bytes(sums: Array) -> Array:
    return sums.astype("<u4").view(np.uint8).reshape(len(sums), 4)


def checksums(data: Array) -> Array:
    """Return the masked CRC32C of every row of bytes, (n,) uint32; a row has at least 4 bytes.

    A checksum is the remainder of a polynomial over GF(2), so it is the sum (xor) of what each byte b at each place p
    adds to it, tables[p][b]; the initial value inverts the first 4 bytes. Only bytes that differ between the rows are
    looked up in each of them.
    """
    tables = _tables(1 << (data.shape[1] - 1).bit_length())[data.shape[1] - 1 :: -1]
    inverted = data.copy()
    inverted[:, :4] ^= 0xFF
    differ = (inverted != inverted[0]).any(axis=0)
    places, same = np.flatnonzero(differ), np.flatnonzero(~differ)
    found = np.bitwise_xor.reduce(tables[places, inverted[:, places]], axis=1)
    found = ~(found ^ np.bitwise_xor.reduce(tables[same, inverted[0, same]]))
    return (found >> 15 | found << 17) + np.uint32(MASK)


@functools.lru_cache(maxsize=8)
def _tables(count: int) -> Array:
    """Return what each value of a byte adds to the checksum if 0, 1, ... bytes follow it, (count, 256)."""
    byte: Array = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        byte = byte >> 1 ^ (byte & 1) * np.uint32(POLYNOMIAL)
    found = [byte]
    while len(found) < count:
        found.append(byte[found[-1] & 0xFF] ^ found[-1] >> 8)
    return np.array(found)
