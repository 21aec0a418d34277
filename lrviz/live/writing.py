"""What an optimizer's updates use to a CSV file, one row an update, as exact doubles."""

from __future__ import annotations

import csv
import io
import os
import threading
import warnings
import weakref
from pathlib import Path
from typing import Any

from torch.optim import Optimizer

from lrviz.errors import OutputError

_SECONDS = 0.5  # between two times that rows are written
_MOST = 4096  # rows that wait for it


class ScheduleWarning(UserWarning):
    """What a monitor tells of a run."""


class LogWriter:
    """A log that is written as the updates are made; a resumed run's rows follow the earlier ones.

    Rows are handed to the system twice a second, by a thread that waits for nothing else: a process
    that is killed loses no older ones, however long its last update takes. One that was forked
    from it has none of them to write a second time.

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
        self._path = path
        self._rows: list[tuple[int, list[float]]] = []  # that are not written yet
        self._begin()
        _WRITERS.add(self)

    def _begin(self) -> None:
        """Have nothing to write, and no thread that would."""
        self._rows.clear()
        self._writing = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

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
        values = [float(group.get("lr", "nan")) for group in groups]
        if self._momentum:
            values += [
                float(g["momentum"] if "momentum" in g else g.get("betas", ("nan",))[0])
                for g in groups
            ]
        self._rows.append((update, values))
        if len(self._rows) >= _MOST:
            self._flush()
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_on, daemon=True)
            self._thread.start()

    def _write_on(self) -> None:
        over = self._over
        while not over.wait(_SECONDS):
            self._flush()

    def _flush(self) -> None:
        """Write the rows that there are."""
        with self._writing:
            # What is added meanwhile stays: the training waits for no lock.
            rows = self._rows[:]
            del self._rows[: len(rows)]
            text = "".join(f"{update},{','.join(map(repr, values))}\n" for update, values in rows)
            left = memoryview(text.encode())
            try:
                while left:
                    left = left[os.write(self._file, left) :]
            except OSError as error:  # a full disk ends no training
                warnings.warn(
                    f"{self._path} cannot be written: {error.strerror or error}; rows are missing",
                    ScheduleWarning,
                    stacklevel=1,
                )

    def close(self) -> None:
        """Write what is left, and close the file."""
        if self._file >= 0:
            self._over.set()
            self._flush()
            os.close(self._file)
            self._file = -1


# Of a fork no thread goes on, and a lock that one held would be held for ever.
_WRITERS: weakref.WeakSet[LogWriter] = weakref.WeakSet()


def _forked() -> None:
    for each in _WRITERS:
        each._begin()


os.register_at_fork(after_in_child=_forked)
