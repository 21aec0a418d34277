"""Protocol Buffers messages as they lie in a file: fields with a number and a value."""

from __future__ import annotations

from collections.abc import Iterator


def fields(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int, int]]:
    """Yield the fields of a message: number, and where its value begins and ends.

    Of a varint the value itself takes the place of both: its number is negative, its value is
    `begin`. Groups, which nobody writes any more, end the message.

    Raises:
        ValueError: The bytes are no message, or end within a field.
    """
    position, end = start, len(data) if end is None else end
    while position < end:
        key, position = varint(data, position, end)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, position = varint(data, position, end)
            yield -number, value, value
            continue
        if wire == 2:
            size, position = varint(data, position, end)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError(f"wire type {wire}")
        if position + size > end:
            raise ValueError("a field is longer than its message")
        yield number, position, position + size
        position += size


def varint(data: bytes, position: int, end: int) -> tuple[int, int]:
    """Return the varint at `position`, and what comes behind it.

    Raises:
        ValueError: It does not end before `end`, or has more than ten bytes.
    """
    value = shift = 0
    while position < end and shift < 70:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise ValueError("a number without an end")
