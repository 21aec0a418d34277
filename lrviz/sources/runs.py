"""`run:SCRIPT ARGS`: a script is run in a process of its own, until its schedule has been seen.

What it gives back are numbers: the values of each update, of each of its optimizers. They are laid
on the dummy optimizer of a schedule that has as many param groups.
"""

from __future__ import annotations

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
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrviz.document import Map, placed
from lrviz.errors import Place, UsageError
from lrviz.files import checked
from lrviz.sources.followed import Followed, Stepped
from lrviz.sources.kind import Kind, Origin
from lrviz.sources.overrides import Overrides, train_section, with_sets
from lrviz.sources.reference import Reference
from lrviz.spec import metrics, training
from lrviz.spec.models import Spec, validated

AFTER = 3
"""Updates of a script that are looked at, where nothing is said."""

TIMEOUT = 300.0
"""Seconds that a script has for them, likewise."""

_BEGINS = "run:"
_STARTUP = Path(__file__).parents[1] / "live" / "startup"  # on the path of all that it starts
_UNSEEN = "--metric: without effect, no scheduler of the script looks at one"
_LOOK = 0.02  # seconds between two looks for the answer


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
        raise UsageError(
            f"{source!r} names no script, as 'run:train.py --epochs 90' and 'run:-m package.train' "
            "do"
        )
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
        "metric": None,
    }
    if overrides.metric is not None:
        file, column = metrics.named(overrides.metric)
        request["metric"] = f"{Path(file).absolute()}:{column}"
    launched = (each for each in arguments[2:] if each.endswith(".py") and Path(each).is_file())
    stem = next(launched, arguments[1]) if script == "-m" else script
    stem = Path(stem).stem if stem.endswith(".py") else stem
    found, curves = _answer(source, request, overrides.timeout or TIMEOUT)
    sees = any(one["metric"] for each in found for one in each["schedulers"])
    beside = tuple(dict.fromkeys(each["optimizer"] for each in found if each["schedulers"]))
    left_out = [
        f"{each['optimizer']} is left out: no scheduler acts on it, and the script sets its lr"
        for each in found
        if each["moved"]
    ]
    origins: list[Origin] = []
    for index, each in enumerate(found):
        if each["moved"]:
            continue
        own = {
            name.partition("/")[2]: curve
            for name, curve in curves.items()
            if name.startswith(f"{index}/")
        }
        followed = Followed(
            each["optimizer"],
            each["now"],
            own,
            each["error"],
            tuple(_stepped(one) for one in each["schedulers"]),
            beside,
            _place(each["place"]),
        )
        notes = (each["said"], *each["warnings"])
        origins.append(
            Origin(
                f"{stem} ({each['optimizer']})" if len(found) > 1 else stem,
                source,
                _tree(each["groups"], own["lr"][0].tolist(), given),
                function=followed,
                is_named=True,
                has_optimizer=True,
                notes=(*notes, *([] if origins else left_out)),
                warnings=(
                    *(f"{one.message}; {one.advice}" for one in followed.observed),
                    *([] if sees or overrides.metric is None else [_UNSEEN]),
                ),
            )
        )
    return origins


def _stepped(found: dict[str, Any]) -> Stepped:
    """Return what was seen of a scheduler, with its places as such."""
    for name in ("built", "stepped"):
        found[name] = _place(found[name])
    return Stepped(**found)


def _place(found: tuple[str, int] | None) -> Place | None:
    """Return a line of a file, which is named from here where it is below."""
    if found is None:
        return None
    path, here = Path(found[0]), Path.cwd()
    return Place(str(path.relative_to(here) if path.is_relative_to(here) else path), found[1], 1)


def _tree(groups: list[str], lrs: list[float], given: Map) -> Map:
    """Return a spec's tree with an optimizer of these param groups, and what the user gave."""
    names = groups if len(set(groups)) == len(groups) else [str(at) for at in range(len(groups))]
    by_group = {name: {"lr": lr} for name, lr in zip(names, lrs, strict=True)}
    optimizer = {"type": "SGD", "lr": lrs[0], "groups": by_group}
    tree: Map = placed({"optimizer": optimizer, "train": {}})
    return tree.without("train").over(given)


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
            # One that the script has started may be about to answer.
            while not answer.exists() and (folder / "answering").exists():
                if time.monotonic() > end:
                    break
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
        env={
            **os.environ,
            "LRVIZ_RUN": str(request),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(_STARTUP), os.getenv("PYTHONPATH")])),
        },
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        _end_others(request)
        process.wait()


def _end_others(request: Path) -> None:
    """End what a script or its launcher has begun in sessions of their own.

    All that it started has the request in its environment. Where that cannot be read, those that
    have imported torch have left their numbers.
    """
    numbers = [Path(each) for each in request.parent.glob("processes/*")]
    for each in Path("/proc").glob("[0-9]*") if Path("/proc").exists() else numbers:
        with suppress(OSError):
            environment = each / "environ"
            ours = each in numbers or str(request).encode() in checked(environment).read_bytes()
            if ours and int(each.name) != os.getpid():
                os.kill(int(each.name), signal.SIGKILL)


RUN = Kind("run", _parse, _read)
