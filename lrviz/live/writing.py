"""What an optimizer's updates use to a CSV file, one row an update, as exact doubles."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from torch.optim import Optimizer

from lrviz.errors import OutputError

_SECONDS = 0.5  # so much of a run is lost at most where its process is killed


class LogWriter:
    """A log that is written as the updates are made; a resumed run's rows follow the earlier ones.

    Rows are kept as numbers and written twice a second: that costs an update next to nothing.

    Args:
        path: Of the file; it is made, or appended to.
        optimizer: Its param groups name the columns.
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
        header = ",".join(["step", *lrs, *(f"{one}-momentum" for one in lrs if self._momentum)])
        try:
            had = path.read_text(encoding="utf-8").partition("\n")[0] if path.exists() else ""
            if had and had != header:
                problem = f"{path} has other columns, {had}, than {header}"
                raise OutputError(f"{problem}: name another file")
            self._file = path.open("a", encoding="utf-8", newline="\n")
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error
        self.had = bool(had)
        self._rows: list[tuple[int, list[Any]]] = []
        self._written = time.monotonic()
        if not had:
            self._file.write(f"{header}\n")
            self._file.flush()

    def write(self, update: int, groups: list[dict[str, Any]]) -> None:
        """Keep what an update uses, and write what is kept for long enough."""
        values = [group["lr"] for group in groups]
        if self._momentum:
            values += [g["momentum"] if "momentum" in g else g["betas"][0] for g in groups]
        # A tensor is changed in place: its number is taken now.
        if not isinstance(values[0], float):
            values = [float(value) for value in values]
        self._rows.append((update, values))
        if time.monotonic() - self._written > _SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what is kept."""
        texts: dict[float, str] = {}  # groups often share a value, and its text takes longest
        lines = []
        for update, values in self._rows:
            for value in values:
                if value not in texts:
                    texts[value] = repr(float(value))
            lines.append(f"{update},{','.join([texts[value] for value in values])}\n")
        self._rows.clear()
        self._file.write("".join(lines))
        self._file.flush()
        self._written = time.monotonic()

    def close(self) -> None:
        """Write what is left, and close the file."""
        if not self._file.closed:
            self.flush()
            self._file.close()
