"""What is kept as bytes: plain data and arrays behind a checksum, which run no code when read."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

MARK = b"lrviz 1\n"
_DIGEST = 32
Classes = tuple[type, ...]


class Broken(Exception):
    """The bytes are no entry of this key: cut, changed, or somebody else's."""


def encode(key: str, value: Any, classes: Classes) -> bytes:
    """Return a value as bytes that `decode` takes for this key.

    Layout: MARK, the key, the length of the head in 8 bytes, the head as JSON, the arrays (float64
    or int64, little-endian) and other bytes one after another, and the SHA-256 of all that.

    Args:
        key: Of ASCII.
        value: Of the first of `classes`.
        classes: The dataclasses that it, and what it holds, may be of.

    Raises:
        TypeError: It holds what is neither of them, nor plain data, nor an array of numbers.
    """
    arrays: list[bytes] = []
    head = json.dumps(_packed(value, arrays, classes)).encode("utf-8", "surrogatepass")
    body = b"".join((MARK, key.encode(), len(head).to_bytes(8, "little"), head, *arrays))
    return body + hashlib.sha256(body).digest()


def decode(key: str, data: bytes, classes: Classes) -> Any:
    """Return the value that was encoded for a key, of the first of `classes`.

    Raises:
        Broken: It is anything else.
    """
    start = MARK + key.encode()
    body, digest = data[:-_DIGEST], data[-_DIGEST:]
    if not body.startswith(start) or hashlib.sha256(body).digest() != digest:
        raise Broken
    at = len(start) + 8
    end = at + int.from_bytes(body[len(start) : at], "little")
    try:
        head = json.loads(body[at:end].decode("utf-8", "surrogatepass"))
        found = _Unpacker(body, end, classes).unpacked(head)
    except (ValueError, KeyError, TypeError, IndexError) as error:  # of another version, or forged
        raise Broken from error
    if type(found) is not classes[0]:
        raise Broken
    return found


def _packed(value: Any, arrays: list[bytes], classes: Classes) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        arrays.append(value)
        return {"bytes": len(value)}
    if isinstance(value, np.ndarray):
        kind = {"f": "<f8", "i": "<i8"}[value.dtype.kind]
        if value.dtype.itemsize != 8:
            raise TypeError(f"an array of {value.dtype}")
        arrays.append(np.ascontiguousarray(value, dtype=kind).tobytes())
        return {"array": kind, "shape": value.shape}
    if isinstance(value, tuple):
        return {"tuple": [_packed(each, arrays, classes) for each in value]}
    if isinstance(value, frozenset):
        return {"set": sorted(value)}
    if isinstance(value, Mapping):
        return {"mapping": [[name, _packed(each, arrays, classes)] for name, each in value.items()]}
    if isinstance(value, Fraction):
        return {"fraction": [value.numerator, value.denominator]}
    if type(value) in classes:
        fields = [[each.name, getattr(value, each.name)] for each in dataclasses.fields(value)]
        return {
            "class": type(value).__name__,
            "fields": [[name, _packed(each, arrays, classes)] for name, each in fields],
        }
    raise TypeError(f"a {type(value).__name__} is not kept")


class _Unpacker:
    """Takes an entry's head apart, and its arrays from behind it in the order of the head."""

    def __init__(self, body: bytes, at: int, classes: Classes) -> None:
        self._body, self._at = body, at
        self._classes = {each.__name__: each for each in classes}

    def unpacked(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if "array" in value:
            return self._array(value["array"], tuple(value["shape"]))
        if "bytes" in value:
            return self._bytes(value["bytes"])
        if "tuple" in value:
            return tuple(self.unpacked(each) for each in value["tuple"])
        if "set" in value:
            return frozenset(value["set"])
        if "mapping" in value:
            return {name: self.unpacked(each) for name, each in value["mapping"]}
        if "fraction" in value:
            return Fraction(*value["fraction"])
        fields = {name: self.unpacked(each) for name, each in value["fields"]}
        return self._classes[value["class"]](**fields)

    def _bytes(self, count: int) -> bytes:
        found = self._body[self._at : self._at + count]
        if len(found) != count:
            raise ValueError("bytes are missing")
        self._at += count
        return found

    def _array(self, kind: str, shape: tuple[int, ...]) -> NDArray[Any]:
        count = int(np.prod(shape, dtype=np.int64))
        found = np.frombuffer(self._body, kind, count, self._at).reshape(shape)
        self._at += found.nbytes
        return found.astype(found.dtype.newbyteorder("="), copy=True)
