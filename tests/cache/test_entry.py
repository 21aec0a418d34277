from __future__ import annotations

import hashlib
import pickle
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from lrviz.cache.entry import MARK, Broken, decode, encode
from lrviz.curves.trace import RunError, Trace
from lrviz.spec.durations import Length
from tests.traces import trace

CLASSES = (Trace, RunError, Length)
KEY = "0" * 64


def odd() -> Trace:
    """Every field another than its default, and numbers that JSON has no words for."""
    lr = np.array([[0.1, -0.0], [np.nan, np.inf], [5e-324, 1 / 3]])
    lr.view(np.int64)[1, 0] += 7  # a NaN of its own
    made = trace(lr, groups=("body", "naïve\udc80"), momentum=lr * 2, after=(1e-300, -np.inf))
    return replace(
        made,
        source="bär.yaml#学习",
        length=Length(9, 3, Fraction(1, 3), epochs_only=True),
        interval="epoch",
        warnings=("a\nb", ""),
        error=RunError(2, "ValueError: no", "Traceback"),
        steps=np.array([0, 2, 8]),
        precision=6,
    )


def test_it_comes_back_to_the_bit() -> None:
    before = odd()
    after = decode(KEY, encode(KEY, before, CLASSES), CLASSES)
    for name in ("label", "source", "groups", "length", "interval", "warnings", "error"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.error.traceback == "Traceback"
    assert (after.precision, after.steps.tolist()) == (6, [0, 2, 8])
    assert list(after.curves) == ["lr", "momentum"]
    for name in before.curves:
        for kind in ("curves", "after"):
            one, other = getattr(before, kind)[name], getattr(after, kind)[name]
            assert (one.shape, one.dtype, one.tobytes()) == (
                (other.shape, other.dtype, other.tobytes())
            )
    after.lr[0, 0] = 7.0  # as writable as what was simulated
    assert encode(KEY, odd(), CLASSES) == encode(KEY, before, CLASSES)


def test_bytes_come_back_beside_arrays() -> None:
    before = replace(odd(), curves={"lr": b"\x89PNG\0", "more": odd().lr, "none": b""})  # type: ignore[dict-item]
    data = encode(KEY, before, CLASSES)
    after = decode(KEY, data, CLASSES)
    assert (after.curves["lr"], after.curves["none"]) == (b"\x89PNG\0", b"")
    assert after.curves["more"].tobytes() == odd().lr.tobytes()
    forged = data[:-32].replace(b'{"bytes": 5}', b'{"bytes": 5999}')
    start = len(MARK) + len(KEY)
    length = int.from_bytes(data[start : start + 8], "little") + 3
    forged = forged[:start] + length.to_bytes(8, "little") + forged[start + 8 :]
    with pytest.raises(Broken):
        decode(KEY, forged + hashlib.sha256(forged).digest(), CLASSES)


def test_a_byte_less_or_another_is_broken() -> None:
    data = encode(KEY, odd(), CLASSES)
    for cut in (0, 1, 8, 40, 72, 80, len(data) // 2, len(data) - 1):
        with pytest.raises(Broken):
            decode(KEY, data[:cut], CLASSES)
    for at in range(0, len(data), 7):
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises(Broken):
            decode(KEY, bytes(changed), CLASSES)
    with pytest.raises(Broken):
        decode(KEY, data + b"\0", CLASSES)


def test_what_is_for_another_key_or_of_another_kind_is_broken() -> None:
    data = encode(KEY, odd(), CLASSES)
    with pytest.raises(Broken):
        decode("1" * 64, data, CLASSES)
    with pytest.raises(Broken):
        decode(KEY, pickle.dumps(odd().label), CLASSES)
    with pytest.raises(Broken):
        decode(KEY, encode(KEY, Length(3), (Length,)), CLASSES)
    with pytest.raises(Broken):  # a class that is not among those that are allowed
        decode(KEY, data, (Trace, Length))


def test_only_plain_data_and_numbers_are_kept() -> None:
    with pytest.raises(TypeError):
        encode(KEY, replace(odd(), source=object()), CLASSES)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        encode(KEY, replace(odd(), steps=np.array([1], np.int32)), CLASSES)
