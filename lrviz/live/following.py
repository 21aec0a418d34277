"""What a script's schedulers were seen to do, and so will: from an optimizer seen to its trace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from lrviz.building.built import Built, BuiltScheduler
from lrviz.building.calls import called, takes_metric, with_epochs, with_values
from lrviz.curves.trace import Trace
from lrviz.errors import UsageError
from lrviz.live.observing import Seen
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
        called_so, how = _cadence(built, index, seen, request, loader)
        if takes_metric(copied) and request.metric is not None:
            file, column = metrics.named(request.metric)
            metric = Metric(file=file, column=column)
            called_so = with_values(called_so, metric, length, Path())
        schedulers.append(with_epochs(called_so, length))
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
    if request.interval is not None:  # the user says otherwise than was seen
        return
    for update, (used, row) in enumerate(zip(seen.used, trace.lr.tolist(), strict=False)):
        if used[: len(row)] != row:
            group = next(at for at, value in enumerate(row) if used[at] != value)
            raise UsageError(
                f"update {update} of {seen.name} used {lr(used[group], 12)}, where its schedulers, "
                f"as they were stepped, give {lr(row[group], 12)}: other code sets the "
                "lr too; name a function that gives it, as in train.py:get_lr"
            )


def _batches(loader: int | None) -> str:
    return "" if loader is None else f" (its DataLoader has {count(loader)} batches)"


def is_never(seen: Seen, index: int, request: Request, *, over: bool) -> bool:
    """Tell whether a scheduler is never stepped: not in a whole script, or in a whole epoch."""
    calls = [gap[index] for gap in seen.gaps]
    enough = over or (request.per_epoch is not None and len(calls) >= request.per_epoch)
    return enough and not any(calls) and request.interval is None


def stepped(seen: Seen, index: int, *, never: bool, over: bool) -> dict[str, Any]:
    """Return what was seen of a scheduler, as `lrviz.sources.followed.Stepped` has it."""
    real, calls = seen.schedulers[index], [gap[index] for gap in seen.gaps]
    return {
        "kind": type(real).__name__,
        "skipped": min(seen.before[index], max(0, seen.ahead[index])),
        "times": calls[0] if len(set(calls)) == 1 else 0,
        "updates": len(calls),
        "known": len(getattr(real, "base_lrs", seen.optimizer.param_groups)),
        "never": never,
        "over": over,
        "metric": takes_metric(real),
        "built": seen.places[index].built,
        "stepped": seen.places[index].stepped,
    }


def seen_besides(seen: Seen) -> Iterator[str]:
    """Yield what else was seen."""
    if seen.skipped:
        some = "1 update" if seen.skipped == 1 else f"{seen.skipped} updates"
        yield f"the gradient scaler skipped {some}: the schedule is ahead of the updates by as many"
