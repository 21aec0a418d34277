"""A user's script, run in a process of its own: its optimizers to the values of their updates.

Run as `python -m lrviz.live.scripts REQUEST`, a JSON file; the answer is written beside it. The
script runs until an optimizer that has schedulers has made some updates; then the process ends,
and no later code of the script is run.
"""

from __future__ import annotations

import atexit
import json
import os
import runpy
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from lrviz.building.built import Built, BuiltScheduler
from lrviz.building.calls import called, takes_metric, with_epochs, with_values
from lrviz.curves.trace import Trace
from lrviz.errors import LrvizError, UsageError, words
from lrviz.live.observing import Observer, Seen
from lrviz.simulation.loop import run
from lrviz.spec import metrics
from lrviz.spec.cadence import Cadence
from lrviz.spec.durations import Length
from lrviz.spec.metrics import Metric
from lrviz.writing.numbers import count, lr


@dataclass(frozen=True)
class Request:
    """What is to be run, and how its schedule is to be followed.

    Attributes:
        arguments: The command line of the script: its path, or `-m` and a module, and the rest.
        after: Updates to look at.
        updates: How many are followed.
        per_epoch: Updates an epoch; None where that is not known.
        interval: When step() is called, where the user says it.
        metric: `FILE:COLUMN` of what a scheduler sees that looks at a metric; likewise.
    """

    arguments: list[str]
    after: int
    updates: int
    per_epoch: int | None
    interval: str | None
    metric: str | None


def follow(
    seen: Seen, request: Request, loader: int | None, never: list[bool]
) -> tuple[Trace, str]:
    """Return what an optimizer's schedulers do from its first update on, and what was seen of them.

    Args:
        seen: The optimizer.
        request: How it is to be followed.
        loader: Batches of the script's DataLoader, if that is known.
        never: Of each scheduler, whether the script never steps it.

    Raises:
        UsageError: What was seen does not tell how it goes on.
    """
    length = Length(request.updates, request.per_epoch)
    copied_groups = seen.adopted.optimizer.param_groups
    groups = tuple(str(each.get("name", at)) for at, each in enumerate(copied_groups))
    schedulers: list[BuiltScheduler] = []
    told = []
    orders = [each.order for each in seen.places]
    in_order = sorted(range(len(orders)), key=lambda at: (orders[at] is None, orders[at] or 0))
    for index in in_order:  # in which the script steps them
        copied = seen.adopted.schedulers[index]
        kind = type(copied).__name__
        if takes_metric(copied) and request.metric is None:
            raise UsageError(
                f"{kind} looks at a metric, which comes from training: give its values with "
                "--metric FILE:COLUMN"
            )
        built = called(copied, Cadence())
        plain = built.argument is None and not takes_metric(copied)
        if seen.places[index].given and plain and request.interval != "fraction":
            raise UsageError(
                f"{kind}.step() is given an epoch: say --interval fraction where that is "
                "epoch + i / steps_per_epoch, else take it out, as torch advises"
            )
        if never[index]:
            schedulers.append(replace(built, times=0))
            told.append(f"{kind} never stepped")
            continue
        if built.interval == "epoch" and request.per_epoch is None:
            raise UsageError(f"{kind} counts epochs: give --steps-per-epoch{_batches(loader)}")
        stepped, how = _cadence(built, index, seen, request, loader)
        if takes_metric(copied) and request.metric is not None:
            file, column = metrics.named(request.metric)
            metric = Metric(file=file, column=column)
            stepped = with_values(stepped, metric, length, Path())
        schedulers.append(with_epochs(stepped, length))
        told.append(f"{kind} stepped {how}")
    optimizer = seen.adopted.optimizer
    whole = Built(seen.name, seen.name, optimizer, tuple(schedulers), length, groups)
    with seen.adopted.unchanged():
        trace = run(whole)
    _hold(trace, seen, request)
    return trace, ", ".join([seen.name, *(told or ["no scheduler"])])


def _cadence(
    built: BuiltScheduler, index: int, seen: Seen, request: Request, loader: int | None
) -> tuple[BuiltScheduler, str]:
    """Return how a scheduler is stepped, by what the script did, and in words."""
    calls = [gap[index] for gap in seen.gaps]
    if request.interval is not None:
        unit = "epoch" if request.interval == "epoch" else "update"
        cadence = Cadence(request.interval)  # type: ignore[arg-type]  # the command line's
        return called(built.scheduler, cadence), f"after each {unit}, as --interval says"
    updates = "the 1 update" if len(calls) == 1 else f"{len(calls)} updates"
    kind = type(built.scheduler).__name__
    if len(set(calls)) == 1 and (times := calls[0]):
        before = seen.before[index]
        if times > 1 and before == times - 1:
            return replace(built, times=times), f"after each of the {times} batches of an update"
        often = "" if times == 1 else f"{times} times "
        return replace(built, times=times), f"{often}{'before' if before else 'after'} each update"
    steps = [at for at, each in enumerate(calls) if each]
    apart = {later - before for before, later in pairwise(steps)}
    if len(apart) == 1 and set(calls) == {0, 1} and steps[0] + 1 == (every := apart.pop()):
        return called(built.scheduler, Cadence(frequency=every)), f"every {count(every)} updates"
    if len(steps) > 1 or (request.per_epoch and any((at + 1) % request.per_epoch for at in steps)):
        raise UsageError(
            f"{kind} was stepped {', '.join(map(str, calls))} times after the first {updates}, and "
            "how it goes on is not seen: look at more with --after, or name a function that builds "
            "it, as in train.py:make_scheduler"
        )
    if request.per_epoch is None:
        raise UsageError(
            f"{kind} was stepped after {len(steps)} of {updates}, so once an epoch as it seems"
            f"{', or never' * (not steps)}: give --steps-per-epoch{_batches(loader)}, or look at "
            f"more updates with --after{'' if loader is None else f' {loader + 1}'}"
        )
    return called(built.scheduler, Cadence("epoch")), f"after {len(steps)} of {updates}: per epoch"


def _hold(trace: Trace, seen: Seen, request: Request) -> None:
    """Hold what is followed against what the script's updates used.

    Raises:
        UsageError: They differ: something else sets the lr too.
    """
    for update, (used, row) in enumerate(zip(seen.used, trace.lr.tolist(), strict=False)):
        if request.interval is None and used[: len(row)] != row:
            group = next(at for at, lr in enumerate(row) if used[at] != lr)
            raise UsageError(
                f"update {update} of {seen.name} used {lr(used[group], 12)}, where its schedulers, "
                f"as they were stepped, give {lr(row[group], 12)}: other code sets the "
                "lr too; name a function that gives it, as in train.py:get_lr"
            )


def _batches(loader: int | None) -> str:
    return "" if loader is None else f" (its DataLoader has {count(loader)} batches)"


def _is_never(seen: Seen, index: int, request: Request, *, over: bool) -> bool:
    """Tell whether a scheduler is never stepped: not in a whole script, or in a whole epoch."""
    calls = [gap[index] for gap in seen.gaps]
    enough = over or (request.per_epoch is not None and len(calls) >= request.per_epoch)
    return enough and not any(calls) and request.interval is None


def _write(folder: Path, found: dict[str, Any], curves: dict[str, Any]) -> None:
    """Write the answer, unless another process does; its JSON file comes last, and whole.

    A process that the script has started may have trained, and answered.
    """
    try:
        (folder / "answering").touch(exist_ok=False)
    except FileExistsError:
        return
    np.savez(folder / "curves.npz", **curves)
    text = folder / "answer.part"
    text.write_text(json.dumps(found), encoding="utf-8")
    text.replace(folder / "answer.json")


def answered(
    folder: Path, request: Request, seen: list[Seen], loader: int | None, *, over: bool
) -> None:
    """Follow what was seen, of a script that is over or not, and write it."""
    curves: dict[str, Any] = {}
    listed: list[dict[str, Any]] = []
    if not any(each.schedulers for each in seen):
        _write(folder, {"message": _unscheduled(seen)}, {})
        return
    try:
        for index, each in enumerate(seen):
            every = range(len(each.schedulers))
            never = [_is_never(each, scheduler, request, over=over) for scheduler in every]
            trace, said = follow(each, request, loader, never)
            for name, curve in trace.curves.items():
                after = trace.after[name]
                curves[f"{index}/{name}"] = np.concatenate([curve, after[None, :]])
            listed.append(
                {
                    "optimizer": each.name,
                    "place": each.place,
                    "moved": not each.schedulers and each.moved,
                    "schedulers": [_stepped(each, at, never=never[at], over=over) for at in every],
                    "groups": list(trace.groups),
                    "now": len(each.optimizer.param_groups),
                    "said": said,
                    "warnings": [*_warnings(each), *trace.warnings],
                    "error": None if trace.error is None else trace.error.message,
                }
            )
        _write(folder, {"optimizers": listed}, curves)
    except LrvizError as error:
        _write(folder, {"message": error.message}, {})


def _stepped(seen: Seen, index: int, *, never: bool, over: bool) -> dict[str, Any]:
    """Return what was seen of a scheduler, as `lrviz.sources.followed.Stepped` has it."""
    real, calls = seen.schedulers[index], [gap[index] for gap in seen.gaps]
    return {
        "kind": type(real).__name__,
        "skipped": min(seen.before[index], max(0, seen.ahead[index])),
        "times": calls[0] if len(set(calls)) == 1 else 0,
        "calls": sum(calls),
        "updates": len(calls),
        "known": len(getattr(real, "base_lrs", seen.optimizer.param_groups)),
        "never": never,
        "over": over,
        "metric": takes_metric(real),
        "built": seen.places[index].built,
        "stepped": seen.places[index].stepped,
    }


def _warnings(seen: Seen) -> Iterator[str]:
    """Yield what else was seen."""
    if seen.skipped:
        some = "1 update" if seen.skipped == 1 else f"{seen.skipped} updates"
        yield f"the gradient scaler skipped {some}: the schedule is ahead of the updates by as many"


def main(path: str) -> None:
    """Run what a request names, and answer it beside it."""
    folder = Path(path).parent
    sys.stdout.flush()
    os.dup2(2, 1)  # what the script prints is no result of lrviz
    request, observer, stop = _observed(Path(path))
    ended = _ran(request.arguments)
    observer.end()
    if any(each.schedulers for each in observer.seen) and not ended:
        stop(observer.seen, over=True)
    _write(folder, {"message": _nothing(observer.seen, ended)}, {})


def join(path: Path) -> None:
    """Look at the optimizers of this process, which a script that is run has started.

    Its launcher may have begun a session for it: its number is left where it is ended by.
    """
    processes = path.parent / "processes"
    processes.mkdir(exist_ok=True)
    (processes / str(os.getpid())).touch()
    _, observer, stop = _observed(path)

    def ended() -> None:
        observer.end()
        if any(each.schedulers for each in observer.seen):
            stop(observer.seen, over=True)

    atexit.register(ended)


def _observed(path: Path) -> tuple[Request, Observer, Callable[..., None]]:
    """Return a request, what looks at this process for it, and what answers it and ends."""
    folder = path.parent
    request = Request(**json.loads(path.read_text(encoding="utf-8")))

    def stop(seen: list[Seen], *, over: bool = False) -> None:
        answered(folder, request, seen, observer.loader, over=over)
        sys.stderr.flush()
        os._exit(0)

    def refuse(error: LrvizError) -> None:
        _write(folder, {"message": error.message}, {})
        sys.stderr.flush()
        os._exit(0)

    observer = Observer(request.after, stop, refuse)
    observer.begin()
    return request, observer, stop


def _ran(arguments: list[str]) -> str:
    """Run a script as Python does; return how it failed, empty where it did not."""
    try:
        if arguments[0] == "-m":
            sys.argv = arguments[1:]
            sys.path.insert(0, str(Path.cwd()))
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = list(arguments)
            sys.path.insert(0, str(Path(arguments[0]).resolve().parent))
            runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as error:
        if isinstance(error.code, str):  # Python prints it, and ends with 1
            sys.stderr.write(f"{error.code}\n")
            return f"it ended with {error.code!r}"
        return "" if error.code in (None, 0) else f"it ended with exit code {error.code}"
    except BaseException as error:  # noqa: BLE001  (whatever a script raises)
        traceback.print_exc()
        return f"it raised {words(error)}"
    return ""


def _unscheduled(seen: list[Seen]) -> str:
    """Return what was seen of optimizers that no scheduler acts on."""
    names = ", ".join(each.name for each in seen)
    if any(each.moved for each in seen):
        return (
            f"no scheduler acts on {names}: the script sets the lr itself; name the function that "
            "gives it, as in train.py:get_lr"
        )
    updates = max(len(each.gaps) for each in seen)
    return f"no scheduler acts on {names}, whose lr stayed as it was for {count(updates)} updates"


def _nothing(seen: list[Seen], ended: str) -> str:
    """Return why there is no schedule."""
    if not seen:
        made = "before an optimizer made an update in its process"
    elif ended:
        made = "after updates: " + ", ".join(
            f"{count(len(each.gaps))} of {each.name}" for each in seen
        )
    else:
        return _unscheduled(seen)
    return f"{ended or 'it ended'} {made}"


if __name__ == "__main__":
    sys.path.pop(0)  # the folder that it is called from, which is not on a script's path
    main(sys.argv[1])
