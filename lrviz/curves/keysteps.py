"""Key steps: the updates that a table shows, each with the reason why it is there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from lrviz.curves.events import Array, Event, Events, Kind, blocks, find_events
from lrviz.curves.trace import Trace, peak
from lrviz.errors import SpecError, UsageError, suggestion
from lrviz.spec import durations
from lrviz.spec.durations import Length
from lrviz.spec.models import STEPS
from lrviz.writing.numbers import lr

LIMIT = 12
"""Jumps, turns and kinks of one curve that are listed; the others are counted."""
QUARTERS = ("25%", "50%", "75%")
_QUARTERS_FROM = 4  # updates
_ALLOWED = (
    "allowed are updates (500), shares (50%), epochs (30ep), tokens (375Mtok), first, peak, last,"
    " after and all"
)
_UPDATE = re.compile("[0-9]{1,18}")
_FEW_EPOCHS = 12  # of up to so many changes between epochs each is listed, smooth or not
_CANDIDATES = 1024  # events among which the stairs of a smooth curve are told from the others
_FALL = 1e-12  # of the value: less is rounding


@dataclass(frozen=True)
class KeyStep:
    """One update worth a row.

    Attributes:
        step: 0-based update; N, the number of updates, for `after`.
        names: Why it is shown, e.g. `("end of warmup", "peak")` or `("drop x0.1",)`.
    """

    step: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class KeySteps:
    """The key steps of one trace.

    Attributes:
        steps: By step; the last one is `after`.
        more: How many jumps, turns and kinks there are besides.
    """

    steps: tuple[KeyStep, ...]
    more: int = 0


@dataclass(frozen=True)
class _Found:
    """An event with its name, at its step in updates."""

    step: int
    kind: Kind
    size: float
    name: str


@np.errstate(invalid="ignore", over="ignore")
def key_steps(trace: Trace, *, param: str = "lr", limit: int = LIMIT) -> KeySteps:
    """Return a trace's key steps, found on its curve.

    They are the first update, the end of a warmup, the peak, the `limit` largest jumps, turns and
    kinks, the quarters (of 4 updates or more), the last update, and `after`, which no update uses.
    What is stepped per epoch is read at the epochs' starts.

    Args:
        trace: What was simulated.
        param: Whose curve is read: that of the group with the highest peak, and those of the
            others where they are not the same up to a factor.
        limit: How many jumps, turns and kinks are wanted.
    """
    names, more = _found(trace, param, limit)
    for token in (*(QUARTERS if trace.updates >= _QUARTERS_FROM else ()), "last", "after"):
        name, step = resolve(token, trace)
        if step is not None:
            names.setdefault(step, []).append(name)
    return KeySteps(tuple(KeyStep(step, tuple(names[step])) for step in sorted(names)), more)


def split(at: Sequence[str | int]) -> tuple[str | int, ...]:
    """Return `at` with each text split at its commas.

    >>> split(["0,50%", "last", 7])
    ('0', '50%', 'last', 7)
    """
    return tuple(
        piece
        for token in at
        for piece in (map(str.strip, token.split(",")) if isinstance(token, str) else (token,))
    )


def resolve(token: str | int, trace: Trace) -> tuple[str, int | None]:
    """Return the name and the step of one token of `--at`; None for a step beyond the end.

    Args:
        token: An update (`500`), a share (`50%`), epochs (`30ep`), tokens (`375Mtok`), `first`,
            `peak`, `last` or `after`. The whole length (`100%`) is the last update.
        trace: Where it is looked up.

    Raises:
        UsageError: It is nothing of this, or its unit means nothing in this training.
    """
    count, text = trace.updates, str(token)
    if text in STEPS:
        if text == "after":
            return text, count if trace.after else None
        at_peak = peak(trace.values("lr", trace.main_group()))[1] if text == "peak" else 0
        rows = {"first": 0, "peak": at_peak, "last": len(trace.lr) - 1}
        return text, trace.update(rows[text])
    step = _step(text, trace.length)
    name = "asked for" if _UPDATE.fullmatch(text) else text
    return name, step if trace.reaches(step) else None


def _step(text: str, length: Length) -> int:
    """Return the update that a number, a share or a duration names in a training of `length`."""
    if text == "after":
        return length.updates
    if _UPDATE.fullmatch(text):
        return int(text)
    try:
        duration = durations.parse(text)
        if duration is None or duration.unit == "rest":
            known = suggestion(text, (*STEPS, "all"))
            raise SpecError(f"{text!r} is no step{known}")
        exact = duration.updates(length)
    except SpecError as error:
        raise UsageError(f"--at: {error.message}; {_ALLOWED}") from None
    return min(round(exact), length.updates - 1) if exact <= length.updates else round(exact)


def beyond(token: str | int, traces: Sequence[Trace]) -> str:
    """Return the message for a token that none of these traces has.

    Where a run was to reach it and was cut short, that is why.
    """
    first = min(trace.update(0) for trace in traces)
    if all(_step(str(token), trace.length) < first for trace in traces):
        return f"--at: {token} is before update {first}, at which training is resumed"
    count = max(trace.updates for trace in traces)
    causes = [
        trace.cut_short
        for trace in traces
        if trace.cut_short and _step(str(token), trace.length) < trace.length.updates
    ]
    why = "; ".join(causes) or _ALLOWED
    return f"--at: {token} is beyond the end, of {count:,} updates from 0 to {count - 1}; {why}"


def _found(trace: Trace, param: str, limit: int) -> tuple[dict[int, list[str]], int]:
    """Return what is found on the curves, as names by step, and how many events are left out."""
    main = trace.main_group(param)
    found: dict[int, _Found] = {}
    more, cycles = 0, False
    for group in (main,) if trace.one_shape(param) else range(len(trace.groups)):
        events, left_out, turns_up = _events(trace, trace.values(param, group), limit)
        more, cycles = more + left_out, cycles or turns_up
        for event in events:
            if event.step not in found or event.size > found[event.step].size:
                found[event.step] = event
    listed, left_out = _largest(found.values(), limit)
    values = trace.values(param, main)
    top, warm = trace.update(peak(values)[1]), None if cycles else _warmup_end(trace, values)
    names: dict[int, list[str]] = {trace.update(0): ["first"]}
    if warm is not None:
        names.setdefault(warm, []).append("end of warmup")
    names.setdefault(top, []).append("peak")
    for event in listed:
        told = (event.kind is Kind.HIGH and event.step in (top, warm)) or (
            event.kind is Kind.LEVEL and event.step == warm
        )
        if not told:
            names.setdefault(event.step, []).append(event.name)
    return names, more + left_out


def _largest(found: Iterable[_Found], limit: int) -> tuple[list[_Found], int]:
    """Return the `limit` largest, and how many there are besides."""
    ordered = sorted(found, key=lambda event: (-event.size, event.step))
    return ordered[:limit], max(0, len(ordered) - limit)


def _events(trace: Trace, values: Array, limit: int) -> tuple[list[_Found], int, bool]:
    """Return the named events of one curve, how many are left out, whether it turns up again.

    What changes at each epoch's start only is a staircase: its events are those of the curve over
    epochs. The same goes for the stairs in a curve that is stepped both per update and per epoch.
    """
    stride = trace.length.unit("epoch")
    if stride == 1 or stride >= len(values) or trace.steps is not None:
        events = find_events(values, limit)
        named = _named(events.largest, values, 1)
        found = [replace(each, step=trace.update(each.step)) for each in named]
        return found, events.more, events.turns_up
    epochs = values[::stride]
    few = len(epochs) <= _FEW_EPOCHS + 1 and bool(np.isfinite(epochs).all())
    coarse = _each_change(epochs) if few else find_events(epochs, limit)
    by_epoch = _named(coarse.largest, epochs, stride)
    if trace.interval == "epoch":
        return by_epoch, coarse.more, coarse.turns_up
    fine = find_events(values, _CANDIDATES)
    stairs = {event.step for event in fine.largest if _is_stair(event, values, stride)}
    by_step = {event.step: event for event in _named(fine.largest, values, 1)}
    if len(stairs) > limit:
        fits = {event.step: event for event in by_epoch if _fits(event, values)}
        for step in stairs:
            stair = by_step.pop(step)
            if step in fits:
                by_step[step] = replace(fits[step], size=stair.size)
    listed, left_out = _largest(by_step.values(), limit)
    return listed, left_out + fine.more, fine.turns_up


def _each_change(values: Array) -> Events:
    changes = np.diff(values)
    events = (Event(int(i) + 1, Kind.JUMP, abs(float(changes[i]))) for i in np.flatnonzero(changes))
    return Events(tuple(events), 0, False)


def _is_stair(event: Event, values: Array, stride: int) -> bool:
    t = event.step
    if event.kind is not Kind.JUMP or t % stride:
        return False
    before, after = values[max(0, t - 2) : t], values[t : t + 2]
    return bool(before[0] == before[-1] and after[0] == after[-1])


def _fits(event: _Found, values: Array) -> bool:
    """Say whether a stair leads to the turn it is said to be; within an epoch all may change."""
    rise = values[event.step] > values[event.step - 1]
    return not (event.kind is Kind.HIGH and not rise) and not (event.kind is Kind.LOW and rise)


def _named(events: Iterable[Event], values: Array, stride: int) -> list[_Found]:
    """Name events of `values`, of which one stands for `stride` updates."""
    return [
        _Found(event.step * stride, event.kind, event.size, _name(event, values))
        for event in events
    ]


def _name(event: Event, values: Array) -> str:
    here = float(values[event.step])
    match event.kind:
        case Kind.JUMP:
            before = float(values[event.step - 1])
            falling = event.step > 1 and before < float(values[event.step - 2])
            again = here > max(before, 0.0) and falling
            return "restart" if again else _jump_name(before, here)
        case Kind.DEPARTURE:
            return "rise starts" if values[event.step + 1] > here else "decay starts"
        case Kind.LEVEL:
            return "levels off"
        case Kind.LOW:
            return "low"
        case Kind.HIGH:
            return "high"
        case Kind.NOT_FINITE:
            return "not finite"
        case Kind.KINK:
            return "kink"


def _jump_name(before: float, here: float) -> str:
    """Return `drop x0.1`, `rise x3`, `drop to 0`, `rise from 0`; `drop to -0.2` below 0.

    >>> _jump_name(0.1, 0.01), _jump_name(0.0, 0.1), _jump_name(0.1, 0.0)
    ('drop x0.1', 'rise from 0', 'drop to 0')
    >>> _jump_name(-0.1, -0.27), _jump_name(-0.3, -0.03), _jump_name(-0.1, 0.2)
    ('drop to -0.27', 'rise to -0.03', 'rise to 0.2')
    >>> _jump_name(0.1, 0.09997), _jump_name(1.0, 1.00002)
    ('drop x0.9997', 'rise x1.00002')
    """
    word = "rise" if here > before else "drop"
    if here < 0 or before < 0:
        return f"{word} to {lr(here, 3)}"
    if here == 0 or before == 0:
        return f"{word} {'to' if here == 0 else 'from'} 0"
    texts = (f"{here / before:.{digits}g}" for digits in range(3, 18))
    return f"{word} x{next((text for text in texts if text != '1'), '1')}"


def _warmup_end(trace: Trace, values: Array) -> int | None:
    """Return where the first rise ends: the highest value's first update before it falls for good.

    After a fall of one step the rise may go on, beyond what came before: so looks a warmup while
    something else takes the rate down after each epoch.
    """
    stride = trace.length.unit(trace.interval) if trace.steps is None else 1
    sampled = values[::stride]
    at = first = 0
    for fall in chain(_falls(sampled), [len(sampled)]):
        top = peak(sampled, first, fall)[1]
        if not sampled[top] > sampled[at]:
            break
        at, first = top, fall
        if fall + 1 >= len(sampled) or not sampled[fall + 1] > sampled[fall]:
            break
    rose = 0 < at < len(sampled) - 1 and sampled[at] > 0  # below 0 a rise is no warmup
    return trace.update(at * stride) if rose else None


def _falls(values: Array) -> Iterator[int]:
    """Yield each update that uses less than the one before."""
    previous = values[0]
    for start, block in blocks(values):
        change = np.diff(block, prepend=previous)
        yield from (start + np.flatnonzero(change < -_FALL * abs(block - change))).tolist()
        previous = block[-1]
