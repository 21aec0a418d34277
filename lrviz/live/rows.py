"""A plan's values, a row an update, held against an optimizer's param groups."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from lrviz.building.quantities import readers

ROUNDING = 1e-12
"""The part of a value that the same formula in another order may make."""

_SINGLE = 1e-6  # likewise, where the lr is a tensor, of single precision


class Rows:
    """The planned rows, one after another, of which a block is in memory."""

    def __init__(self, blocks: Iterator[Mapping[str, np.ndarray]], start: int) -> None:
        self._blocks = blocks
        self.names: list[str] = []
        self._block: list[list[float]] = []
        self._at = 0
        self.row: list[float] | None = None
        self.single = False
        self.groups = 0
        self._load()
        self.skip(start)

    def _load(self) -> bool:
        block = next(self._blocks, None)
        if block is None:
            return False
        self.names = list(block)
        self.groups = block["lr"].shape[1]
        self.single = self.names == ["lr"] and self.groups == 1
        more = np.concatenate([block[name] for name in self.names], axis=1).tolist()
        self._block = self._block[self._at :] + more
        self._at = 0
        return True

    def skip(self, rows: int) -> None:
        """Go so many rows on."""
        while self._at + rows >= len(self._block):
            rows -= len(self._block) - self._at
            self._at = len(self._block)
            if not self._load():
                self.row = None
                return
        self._at += rows
        self.row = self._block[self._at]

    def advance(self) -> None:
        """Go to the next row."""
        self._at += 1
        if self._at < len(self._block):
            self.row = self._block[self._at]
        else:
            self._at -= 1
            self.skip(1)

    def agrees(self, groups: list[dict[str, Any]], ahead: int = 0) -> bool:
        """Tell whether groups have what is planned for this row, or for one ahead of it."""
        while self._at + ahead >= len(self._block):
            if not self._load():
                return False
        row = self._block[self._at + ahead]
        if self.groups == 1:  # one curve is that of every group
            row = [value for value in row for _ in groups]
        elif len(groups) != self.groups:
            return False
        if len(self.names) == 1:
            return all(group["lr"] == value for group, value in zip(groups, row, strict=True))
        return [value for _, _, value in used(groups, self.names)] == row

    def rounds(self, groups: list[dict[str, Any]]) -> bool:
        """Tell whether groups have what is planned but for rounding."""
        single = any(hasattr(group["lr"], "dtype") for group in groups)
        return all(
            math.isclose(value, self.planned(name, group), rel_tol=_SINGLE if single else ROUNDING)
            for name, group, value in used(groups, self.names)
        )

    def planned(self, param: str, group: int) -> float:
        """Return what is planned of a quantity of a group."""
        group = group if self.groups > 1 else 0
        if self.row is None or param not in self.names or group >= self.groups:
            return float("nan")
        return self.row[self.names.index(param) * self.groups + group]


def used(groups: list[dict[str, Any]], names: list[str]) -> Iterator[tuple[str, int, float]]:
    """Yield quantity, index and value of each group, of one quantity after another."""
    reads = [readers(group) for group in groups]
    for name in names:
        for index, group in enumerate(groups):
            read = reads[index].get(name)
            yield name, index, float("nan") if read is None else read(group)
