"""`run:SCRIPT ARGS`: a script is run in a process of its own, until its schedule has been seen.

What it gives back are numbers: the values of each update, of each of its optimizers. They are laid
on the dummy optimizer of a schedule that has as many param groups.
"""

from __future__ import annotations

import builtins
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrviz.document import Map, placed
from lrviz.errors import UsageError
from lrviz.files import checked
from lrviz.sources.kind import Kind, Origin
from lrviz.sources.overrides import Overrides, train_section, with_sets
from lrviz.sources.reference import Reference
from lrviz.spec import training
from lrviz.spec.models import Spec, validated

AFTER = 3
"""Updates of a script that are looked at, where nothing is said."""

TIMEOUT = 300.0
"""Seconds that a script has for them, likewise."""

_BEGINS = "run:"
_LOOK = 0.02  # seconds between two looks for the answer


@dataclass(frozen=True)
class Followed:
    """What the schedulers on one optimizer of a script do; called, it is a schedule's function.

    Attributes:
        curves: By quantity, shape (N + 1, G): row t is what update t uses, the last what the one
            behind the last would.
        error: What a scheduler raised where its curve ends before the training; or None.
    """

    curves: dict[str, NDArray[np.float64]]
    error: str | None

    def __call__(self, optimizer: Any) -> Replay:
        """Return a scheduler that gives these values."""
        return Replay(optimizer, self)


class Replay:
    """A scheduler that sets the values that a script's own have set."""

    def __init__(self, optimizer: Any, followed: Followed) -> None:
        self.optimizer = optimizer
        self._followed, self._row = followed, 0
        self._set()

    def step(self) -> None:
        """Set the values of the next update; raise what the script's scheduler did."""
        self._row += 1
        rows = len(self._followed.curves["lr"])
        if self._followed.error is not None and self._row >= rows - 1:
            name, _, text = self._followed.error.partition(": ")
            kind = getattr(builtins, name, RuntimeError)
            raise kind(text)
        if self._row < rows:
            self._set()

    def _set(self) -> None:
        for name, curve in self._followed.curves.items():
            for group, value in zip(self.optimizer.param_groups, curve[self._row], strict=True):
                group[name] = float(value)


def _parse(source: str) -> Reference | None:
    if not source.startswith(_BEGINS):
        return None
    try:
        arguments = shlex.split(source.removeprefix(_BEGINS))
    except ValueError as error:  # a quote without its other
        raise UsageError(f"{source}: {error}") from None
    return Reference(source, "run", " ".join(arguments))


def _read(reference: Reference, overrides: Overrides) -> list[Origin]:
    source = reference.text
    arguments = shlex.split(source.removeprefix(_BEGINS))
    if not arguments or arguments == ["-m"]:
        raise UsageError(f"{source}: name a script, as in 'run:train.py --epochs 90', or run:-m")
    script = arguments[0]
    if script != "-m" and not Path(script).is_file():
        raise UsageError(f"{source}: there is no file {script}")
    given = with_sets(Map(), overrides.sets)
    section = train_section(given, overrides, (), named=True)[0]
    said = validated(Spec, Map({"train": section}).over(given))
    length = training.length(said.train, section, force=overrides.force)
    request = {
        "arguments": arguments,
        "after": overrides.after or AFTER,
        "updates": length.updates,
        "per_epoch": length.updates_per_epoch,
        "interval": overrides.interval,
    }
    stem = arguments[1] if script == "-m" else Path(script).stem
    found, curves = _answer(source, request, overrides.timeout or TIMEOUT)
    scheduled = [each for each in found if each["scheduled"]]
    several = len(found) > 1
    origins = []
    for index, each in enumerate(found):
        own = {
            name.partition("/")[2]: curve
            for name, curve in curves.items()
            if name.startswith(f"{index}/")
        }
        names = each["groups"]
        if len(set(names)) < len(names):
            names = [str(at) for at in range(len(names))]
        lrs = zip(names, own["lr"][0].tolist(), strict=True)
        groups = {group: {"lr": lr} for group, lr in lrs}
        optimizer = {"type": "SGD", "lr": float(own["lr"][0][0]), "groups": groups}
        tree = placed({"optimizer": optimizer, "train": {}}).without("train").over(given)
        notes = [f"{each['said']}", *each["warnings"]]
        if not each["scheduled"] and scheduled:
            notes.append(f"no scheduler acts on {each['optimizer']}: its lr stays as it is")
        origins.append(
            Origin(
                f"{stem} ({each['optimizer']})" if several else stem,
                source,
                tree,
                function=Followed(own, each["error"]),
                is_named=True,
                has_optimizer=True,
                notes=tuple(notes),
            )
        )
    return origins


def _answer(
    source: str, request: dict[str, Any], timeout: float
) -> tuple[list[dict[str, Any]], dict[str, NDArray[np.float64]]]:
    """Run a script until it is known what its schedulers do.

    Raises:
        UsageError: That cannot be told; with what was seen.
    """
    with tempfile.TemporaryDirectory(prefix="lrviz-run-") as name:
        folder = Path(name)
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        answer = folder / "answer.json"
        with _process(folder / "request.json") as process:
            end = time.monotonic() + timeout
            while not answer.exists() and process.poll() is None:
                if time.monotonic() > end:
                    raise UsageError(
                        f"{source}: no optimizer made {request['after']} updates within "
                        f"{timeout:g} s; give it longer with --timeout"
                    )
                time.sleep(_LOOK)
        if not answer.exists():
            raise UsageError(f"{source}: its process ended with exit code {process.returncode}")
        found = json.loads(checked(answer).read_text(encoding="utf-8"))
        if "message" in found:
            raise UsageError(f"{source}: {found['message']}")
        with np.load(folder / "curves.npz") as stored:
            return found["optimizers"], dict(stored)


@contextmanager
def _process(request: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process that follows a script, and end it, with all that it started."""
    # A process, no import: what comes back from it is data.
    module = ".".join([__name__.partition(".")[0], "live", "scripts"])
    process = subprocess.Popen(
        [sys.executable, "-m", module, str(request)],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


RUN = Kind("run", _parse, _read)
