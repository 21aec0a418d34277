"""Two HTML pages to whether they show the same, as seen across builds of zlib and numpy."""

from __future__ import annotations

import re
import zlib

import numpy as np

from lrviz.views.html.packing import unpacked
from lrviz.writing.provenance import GENERATOR

_VALUES = re.compile(r'(?<=class="values">)[^<]*')
_ROUNDING = 1e-12  # of a value


def alike_pages(one: bytes, other: bytes) -> bool:
    """Return whether two pages that lrviz wrote have the same text and, but for rounding, values.

    The same values may be packed otherwise by another zlib, and another numpy may differ in the
    last bits.
    """
    texts = [each.decode(errors="replace") for each in (one, other)]
    if not all(GENERATOR in text for text in texts):
        return False
    plain = {_VALUES.sub("", text) for text in texts}
    values = [_VALUES.findall(text) for text in texts]
    if len(plain) > 1 or len(values[0]) != len(values[1]):
        return False
    try:
        pairs = [tuple(map(unpacked, pair)) for pair in zip(*values, strict=True)]
    except (ValueError, zlib.error):  # somebody edited them
        return False
    return all(
        a.shape == b.shape and np.allclose(a, b, rtol=_ROUNDING, atol=0, equal_nan=True)
        for a, b in pairs
    )
