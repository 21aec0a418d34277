"""What an optimizer's updates use to a CSV file, one row an update, as exact doubles."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any

from torch.optim import Optimizer

from lrviz.errors import OutputError


class LogWriter:
    """A log that is written as the updates are made; a resumed run's rows follow the earlier ones.

    Each row is handed to the system at once: a process that is killed loses none, and one that was
    forked from it has none to write a second time.

    Args:
        path: Of the file; it is made, or appended to.
        optimizer: Its param groups name the columns; groups that come later have none.
        momentum: Write what stands in momentum's place too.

    Attributes:
        had: There was something in it already.

    Raises:
        OutputError: It cannot be written, or has other columns.
    """

    def __init__(self, path: Path, optimizer: Optimizer, *, momentum: bool) -> None:
        groups = optimizer.param_groups
        names = [str(group.get("name", index)) for index, group in enumerate(groups)]
        lrs = ["lr"] if len(names) == 1 else [f"lr/{name}" for name in names]
        self._momentum = momentum and all("momentum" in g or "betas" in g for g in groups)
        self._groups = len(groups)
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(
            ["step", *lrs, *(f"{one}-momentum" for one in lrs if self._momentum)]
        )
        header = line.getvalue().encode()
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
            had = os.pread(self._file, max(len(header), 1), 0)
            if had and had != header:
                first = had.partition(b"\n")[0].decode(errors="replace")
                wanted = header.decode().rstrip("\n")
                os.close(self._file)
                raise OutputError(
                    f"{path} has other columns, {first!r}, than {wanted!r}: name another file"
                )
            self._mend()
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error
        self.had = bool(had)
        if not had:
            os.write(self._file, header)

    def _mend(self) -> None:
        """Take away the part of a row that a machine which failed has left at the end."""
        size = os.fstat(self._file).st_size
        tail = os.pread(self._file, 1 << 16, max(0, size - (1 << 16)))
        if tail and not tail.endswith(b"\n"):
            os.ftruncate(self._file, size - len(tail) + tail.rfind(b"\n") + 1)

    def write(self, update: int, groups: list[dict[str, Any]]) -> None:
        """Write what an update uses."""
        if len(groups) != self._groups:
            groups = (groups + [{}] * self._groups)[: self._groups]
        values = [group.get("lr", "nan") for group in groups]
        if self._momentum:
            values += [
                g["momentum"] if "momentum" in g else g.get("betas", ("nan",))[0] for g in groups
            ]
        if len(values) == 1:
            text = repr(float(values[0]))
        else:
            texts: dict[float, str] = {}  # groups often share a value, and its text takes longest
            row = []
            for value in map(float, values):
                known = texts.get(value)
                if known is None:
                    known = texts[value] = repr(value)
                row.append(known)
            text = ",".join(row)
        os.write(self._file, f"{update},{text}\n".encode())

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
