"""Copies of schedulers, on an optimizer that has the real one's groups and none of its tensors."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch.optim import Optimizer

from lrviz.building.dummy import IDLE
from lrviz.errors import FollowError, UsageError, kind_of, words
from lrviz.live import objects
from lrviz.live.standins import ADVICE
from lrviz.live.survey import Survey
from lrviz.live.watching import Watch


@dataclass(frozen=True)
class Adopted:
    """Copies that can be stepped in place of what user code built.

    Attributes:
        optimizer: Of the real one's class; `step()` is idle, and the params are stand-ins.
        schedulers: Copies on `optimizer`, in the state that the real ones were in.
        watches: What the copies share with the training and could change.
        used: The error of the first stand-in that was used, if one was.
    """

    optimizer: Optimizer
    schedulers: tuple[Any, ...]
    watches: tuple[Watch, ...]
    used: list[FollowError]

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Put back on leaving what the copies changed of the training.

        Raises:
            FollowError: They changed something, or used what they hold only a stand-in of.
        """
        try:
            yield
        finally:
            changed = [watch for watch in self.watches if watch.restore()]
        if self.used:
            raise self.used[0]
        for watch in changed:
            raise FollowError(
                f"{watch.place} shares {watch.variable} with your training, and stepping changes "
                f"it (it has been put back): {ADVICE}"
            )


def adopt(optimizer: Optimizer, schedulers: Sequence[Any]) -> Adopted:
    """Copy schedulers onto a copy of their optimizer that has neither params nor state.

    Raises:
        UsageError: A scheduler does not act on `optimizer`.
        FollowError: A scheduler holds or reads what cannot be followed.
    """
    used: list[FollowError] = []
    twin = object.__new__(type(optimizer))
    memo: dict[int, Any] = {id(optimizer): twin, id(optimizer.param_groups): []}
    survey = Survey(optimizer, memo, _training(optimizer), used)
    groups = [_Twin(survey, index, group) for index, group in enumerate(optimizer.param_groups)]
    vars(twin).update(_attributes(optimizer, survey))
    names = [f"scheduler[{index}]" for index in range(len(schedulers))]
    names = names if len(names) > 1 else ["scheduler"]
    for name, scheduler in zip(names, schedulers, strict=False):
        if not survey.walk(name, scheduler):
            kind = type(scheduler).__name__
            if _refers_weakly(scheduler, optimizer):
                raise FollowError(
                    f"{name}, a {kind}, has its optimizer by a weak reference, which a copy would "
                    f"share with your training: {ADVICE}"
                )
            raise UsageError(f"{name}, a {kind}, is not on the optimizer that was given")
    survey.training |= {id(each): "the scheduler" for each in schedulers}
    watches = survey.reader().watches
    vars(twin)["param_groups"] = memo[id(optimizer.param_groups)]
    twin.param_groups += [group.copied() for group in groups]
    copies = [_copy(*pair, memo) for pair in zip(names, schedulers, strict=False)]
    return Adopted(twin, tuple(copies), tuple(watches.values()), used)


def _refers_weakly(scheduler: Any, optimizer: Optimizer) -> bool:
    """Tell whether an attribute of a scheduler is a weak reference to its optimizer, or a proxy."""
    for value in objects.attributes(scheduler).values():
        if isinstance(value, weakref.ref) and value() is optimizer:
            return True
        if isinstance(value, weakref.ProxyTypes):
            groups = getattr(value, "param_groups", None)
            if groups is optimizer.param_groups:
                return True
    return False


def _training(optimizer: Optimizer) -> dict[int, str]:
    training = {id(optimizer): "the optimizer", id(optimizer.state): "the optimizer's state"}
    training[id(optimizer.param_groups)] = "the optimizer's param_groups"
    return training | {
        id(each): "a param group of the optimizer" for each in optimizer.param_groups
    }


class _Twin:
    """A param group and its copy, which is filled when all that it holds has been looked at."""

    def __init__(self, survey: Survey, index: int, group: dict[str, Any]) -> None:
        self._group, self._memo = group, survey.memo
        self._place = f"optimizer.param_groups[{index}]"
        self._memo[id(group)] = {}
        for key, value in group.items():
            place = f"{self._place}[{key!r}]"
            if key == "params":
                self._memo[id(value)] = [
                    survey.stand_in(f"{place}[{i}]", each, "a parameter of the model")
                    for i, each in enumerate(value)
                ]
            else:
                survey.walk(place, value)

    def copied(self) -> dict[str, Any]:
        """Fill the copy, and return it."""
        result: dict[str, Any] = self._memo[id(self._group)]
        for key, value in self._group.items():
            result[key] = _copy(f"{self._place}[{key!r}]", value, self._memo)
        return result


def _attributes(optimizer: Optimizer, survey: Survey) -> dict[str, Any]:
    """Return what the copy of an optimizer has beside its groups."""
    attributes: dict[str, Any] = dict(IDLE)
    for name, value in vars(optimizer).items():
        place = f"optimizer.{name}"
        if name == "state":
            attributes[name] = survey.stand_in(place, value, "the optimizer's state")
        elif name == "defaults" or (type(value) in (list, tuple) and not [*objects.parts(value)]):
            survey.walk(place, value)
            attributes[name] = _copy(place, value, survey.memo)
        elif name not in ("param_groups", *IDLE):
            plain = objects.is_atom(value)
            what = "an attribute of the optimizer"
            attributes[name] = value if plain else survey.stand_in(place, value, what)
    return attributes


def _copy(place: str, value: Any, memo: dict[int, Any]) -> Any:
    before = dict(memo)
    try:
        return copy.deepcopy(value, memo)
    except Exception as error:
        culprit, what = _culprit(place, value, before)
        raise FollowError(
            f"{culprit} is {kind_of(what)}, which cannot be copied "
            f"({words(error)}), and stepping would change the real one: {ADVICE}"
        ) from error


def _culprit(place: str, value: Any, memo: dict[int, Any]) -> tuple[str, Any]:
    """Return the innermost part of an object for which it cannot be copied."""
    memo = memo | {id(value): value}  # a cycle ends here
    for suffix, part in objects.parts(value):
        try:
            copy.deepcopy(part, dict(memo))
        except Exception:  # noqa: BLE001  (copying may raise anything)
            return _culprit(f"{place}{suffix}", part, memo)
    return place, value
