"""What a script's optimizers and schedulers do, counted as it runs.

At an optimizer's first update its schedulers are copied, as `lrviz.record` copies them; how often
the script steps the real ones between two updates is counted.
"""

from __future__ import annotations

import sys
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import torch
from torch.optim import Optimizer, lr_scheduler
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.utils.data import DataLoader

from lrviz.building.calls import unwrapped
from lrviz.errors import LrvizError
from lrviz.live.copying import Adopted, adopt
from lrviz.live.finding import acting_on, caller, classes, other_class

_PATIENCE = 4  # so many times the updates are waited for, until every optimizer has made them


@dataclass
class Places:
    """Where the script built a scheduler, and first called its step(): file and line, or None.

    Also which of them it called first, by number, and whether it gave step() an argument.
    """

    built: tuple[str, int] | None = None
    stepped: tuple[str, int] | None = None
    order: int | None = None
    given: bool = False


@dataclass
class Seen:
    """An optimizer of the script, from its first update on.

    Attributes:
        optimizer: It.
        schedulers: Those on it, the outermost, as they were at its first update.
        adopted: Copies of both.
        before: How often the script stepped each before the first update.
        ahead: Their count of steps at the first update.
        places: Where it built and stepped each.
        gaps: Likewise between two updates, one list a gap.
        used: The lr of each group in its updates, until a gradient scaler skips one.
        skipped: Updates that a gradient scaler skipped.
        place: Where the script makes its updates: file and line, or None.
    """

    optimizer: Optimizer
    schedulers: list[Any]
    adopted: Adopted
    before: list[int]
    places: list[Places]
    ahead: list[int]
    gaps: list[list[int]] = field(default_factory=list)
    used: list[list[float]] = field(default_factory=list)
    skipped: int = 0
    place: tuple[str, int] | None = None

    @property
    def name(self) -> str:
        """What it is called: its class."""
        return type(self.optimizer).__name__

    @property
    def moved(self) -> bool:
        """Its lr was not always the same."""
        return any(row != self.used[0] for row in self.used)


class Observer:
    """Counts what a script's optimizers and schedulers do.

    Args:
        after: Updates to look at.
        answer: Called once, with all optimizers that were seen, in their order; ends the process.
        refuse: Called once where what was seen cannot be followed; likewise.
    """

    def __init__(
        self,
        after: int,
        answer: Callable[[list[Seen]], None],
        refuse: Callable[[LrvizError], None],
    ) -> None:
        self._after, self._answer, self._refuse = after, answer, refuse
        self._calls: Counter[int] = Counter()  # of step(), by scheduler
        self._places: dict[int, Places] = {}  # by scheduler
        # By optimizer: what it was at the last update that was tried, and between the last two.
        self._last: dict[int, Counter[int]] = {}
        self._spans: dict[int, Counter[int]] = {}
        self._first: dict[int, Counter[int]] = {}
        self._tried: Counter[int] = Counter()  # by a gradient scaler, since the last update
        self._seen: dict[int, Seen] = {}
        self._others: set[type] = set()  # classes of schedulers that are not torch's
        self._inside = threading.local()
        self._wrapped: list[tuple[type, str, Any]] = []
        self.loader: int | None = None  # batches of the DataLoader that was last iterated over

    @property
    def seen(self) -> list[Seen]:
        """The optimizers that have made an update."""
        return list(self._seen.values())

    def begin(self) -> None:
        """Look from now on."""
        self._count()
        self._shown = warnings.showwarning
        warnings.showwarning = self._show
        self._hook = register_optimizer_step_pre_hook(self._before)
        scaled = torch.amp.GradScaler.step

        @wraps(scaled)
        def tried(scaler: Any, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
            inner = unwrapped(optimizer)
            self._mark(inner)
            self._tried[id(inner)] += 1
            return scaled(scaler, optimizer, *args, **kwargs)

        torch.amp.GradScaler.step = tried  # type: ignore[assignment,method-assign]
        iterate = DataLoader.__iter__

        @wraps(iterate)
        def iterated(loader: Any) -> Any:
            try:
                self.loader = len(loader)
            except TypeError:  # an iterable dataset has no length
                self.loader = None
            return iterate(loader)

        DataLoader.__iter__ = iterated  # type: ignore[method-assign]

    def end(self) -> None:
        """Take the gap behind the last update, of a script that ends, and leave all classes."""
        self._leave()
        for seen in self._seen.values():
            self._mark(seen.optimizer)
            last = self._gap(seen)
            # With fewer calls than before, the script ended within it.
            if all(now >= then for now, then in zip(last, (seen.gaps or [last])[-1], strict=True)):
                seen.gaps.append(last)

    def _count(self) -> None:
        """Have the classes of schedulers count the calls of step() that the script makes."""
        for kind in classes():
            if "_initial_step" in vars(kind):
                self._wrap(kind, "_initial_step", counts=False)
            for name in ("step", "step_update"):
                if name in vars(kind):
                    self._wrap(kind, name)
        for kind in self._others:
            self._wrap(kind, "step")
        observer = self

        def subclassed(kind: Any, /, **options: Any) -> None:
            del options
            if "step" in vars(kind):
                observer._wrap(kind, "step")

        lr_scheduler.LRScheduler.__init_subclass__ = classmethod(subclassed)  # type: ignore[assignment]

    def _wrap(self, kind: type, name: str, *, counts: bool = True) -> None:
        real, inside, calls = vars(kind)[name], self._inside, self._calls
        places = self._places

        @wraps(real)
        def step(scheduler: Any, *args: Any, **kwargs: Any) -> Any:
            if not counts:
                places[id(scheduler)] = Places(caller())
            elif getattr(inside, "depth", 0) == 0:
                calls[id(scheduler)] += 1
                place = places.setdefault(id(scheduler), Places())
                if place.order is None:
                    place.stepped = caller()
                    place.order = sum(each.order is not None for each in places.values())
                place.given = place.given or bool(args or kwargs)
            inside.depth = getattr(inside, "depth", 0) + 1
            try:
                return real(scheduler, *args, **kwargs)
            finally:
                inside.depth -= 1

        setattr(kind, name, step)
        self._wrapped.append((kind, name, real))

    def _restore(self) -> None:
        for kind, name, real in reversed(self._wrapped):
            setattr(kind, name, real)
        self._wrapped.clear()
        if "__init_subclass__" in vars(lr_scheduler.LRScheduler):
            del lr_scheduler.LRScheduler.__init_subclass__

    @contextmanager
    def _uncounted(self) -> Iterator[None]:
        self._restore()
        try:
            yield
        finally:
            self._count()

    def _before(self, optimizer: Optimizer, *_: Any) -> None:
        """Look at an update that is about to be made; the hook before `optimizer.step()`."""
        # Dynamo would compile also what is called from here, where a step is compiled.
        dynamo = sys.modules.get("torch._dynamo")
        look = dynamo.disable(self._look) if dynamo else self._look
        look(optimizer)

    # Dynamo leaves it to Python itself.
    _before._torchdynamo_disable = True  # type: ignore[attr-defined]

    def _look(self, optimizer: Optimizer) -> None:
        me = id(optimizer)
        holders = (vars(each.optimizer).values() for each in self._seen.values())
        if any(held is optimizer for holder in holders for held in holder):
            return  # the one within another, as ZeroRedundancyOptimizer's, whose update it makes
        tries = self._tried.pop(me, 0)
        if not tries:
            self._mark(optimizer)
        seen = self._seen.get(me)
        if seen is None:
            try:
                with self._uncounted():
                    owner, schedulers = acting_on(optimizer)
                    adopted = adopt(owner, schedulers)
                    self._others |= {kind for each in schedulers if (kind := other_class(each))}
            except LrvizError as error:
                self._leave()
                self._refuse(error)
                return
            first = self._first[me]
            before = [first[id(each)] for each in schedulers]
            places = [self._places.setdefault(id(each), Places()) for each in schedulers]
            ahead = [int(getattr(each, "last_epoch", 0) or 0) for each in schedulers]
            seen = self._seen[me] = Seen(optimizer, schedulers, adopted, before, places, ahead)
            seen.place = caller()
        else:
            seen.gaps.append(self._gap(seen))
        seen.skipped += max(0, tries - 1)
        if not seen.skipped:
            seen.used.append([float(group["lr"]) for group in optimizer.param_groups])
        scheduled = [each for each in self._seen.values() if each.schedulers]
        fewest = min((len(each.gaps) for each in scheduled), default=0)
        if fewest >= self._after or len(seen.gaps) >= self._after * _PATIENCE:
            self._leave()
            self._answer(self.seen)

    def _show(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: Any = None,
        line: str | None = None,
    ) -> None:
        """Show a warning at the script's line that led to it, where one of ours stands between."""
        place = caller() if filename == __file__ else None
        if place:
            (filename, lineno), line = place, None
        self._shown(message, category, filename, lineno, file, line)

    def _leave(self) -> None:
        self._restore()
        if warnings.showwarning == self._show:
            warnings.showwarning = self._shown
        self._hook.remove()

    def _mark(self, optimizer: Optimizer) -> None:
        """Take what was stepped since the update before, which a gradient scaler may skip."""
        now = Counter(self._calls)
        span = now - self._last.get(id(optimizer), Counter())
        self._first.setdefault(id(optimizer), span)
        self._spans[id(optimizer)], self._last[id(optimizer)] = span, now

    def _gap(self, seen: Seen) -> list[int]:
        return [self._spans[id(seen.optimizer)][id(each)] for each in seen.schedulers]
