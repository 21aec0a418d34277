"""Doubles to a short text without any loss, and back; `script/01-unpack.js` reads the same text."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from lrviz.curves.events import Array

_LEVEL = 1  # of zlib: 6 takes three times as long for a sixth less
_RAW = -15  # deflate without a header
_BYTES = 8  # of a double
_ORDER = 3  # differences of differences
_BLOCK = 1 << 16  # values

Bits = NDArray[np.int64]


def packed(values: Array) -> str:
    """Return doubles as text: `unpacked` gives every bit of them back.

    The bits of neighbours on a smooth curve differ little, and the differences of the differences
    less. Their third ones, as 64-bit integers that wrap around and whose sign is their last bit,
    are written in blocks, of each all first bytes, all second bytes ...; deflated, and in base64.
    A million values take some 700 kB.

    Args:
        values: Shape (N,), float64; may hold anything, NaNs with their bits too.
    """
    bits = np.ascontiguousarray(values, dtype="<f8").view(np.int64)
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW)
    pieces = [deflate.compress(_planes(bits, start).data) for start in range(0, len(bits), _BLOCK)]
    return base64.b64encode(b"".join([*pieces, deflate.flush()])).decode("ascii")


def _planes(bits: Bits, start: int) -> NDArray[np.uint8]:
    """Return the bytes of a block's differences, all first ones first: shape (8, K)."""
    before = bits[max(0, start - _ORDER) : start]
    block = np.concatenate((before, bits[start : start + _BLOCK]))
    if len(before) < _ORDER:
        block = np.concatenate((np.zeros(_ORDER, np.int64), block))
    found = np.diff(block, _ORDER)
    zigzag = (found << 1) ^ (found >> 63)
    return np.ascontiguousarray(zigzag.view(np.uint8).reshape(-1, _BYTES).T)


def all_packed(arrays: Sequence[Array]) -> list[str]:
    """Return what `packed` gives of each, on several cores."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(packed, arrays))


def unpacked(text: str) -> Array:
    """Return the doubles that `packed` made a text of.

    >>> unpacked(packed(np.array([0.1, -0.0, 5e-324]))).tolist()
    [0.1, -0.0, 5e-324]
    """
    data = np.frombuffer(zlib.decompress(base64.b64decode(text), _RAW), np.uint8)
    blocks = (data[at : at + _BYTES * _BLOCK] for at in range(0, len(data), _BYTES * _BLOCK))
    rows = [each.reshape(_BYTES, -1).T for each in blocks]
    zigzag = np.concatenate([np.empty((0, _BYTES), np.uint8), *rows]).view("<u8")[:, 0]
    bits = (zigzag >> np.uint64(1)) ^ (np.uint64(0) - (zigzag & np.uint64(1)))
    for _ in range(_ORDER):
        bits = np.cumsum(bits, dtype=np.uint64)
    return bits.view(np.float64)
