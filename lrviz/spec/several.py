"""`optimizers:`, several in one training: a schedule of each, with its own scheduler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lrviz.document import Entry, KeyPath, Map, place_of
from lrviz.errors import SpecError
from lrviz.spec.models import Trained, validated

SCHEDULERS = ("scheduler", "schedulers")
_BESIDE = ("interval", "frequency", "metric")
_MEMBER = (*SCHEDULERS, *_BESIDE)


@dataclass(frozen=True)
class Labelled:
    """A schedule of a document.

    Attributes:
        label: Its name.
        tree: Its data, with places.
        beside: The other optimizers of its training; empty where it has one.
    """

    label: str
    tree: Map
    beside: tuple[str, ...] = ()


def by_optimizer(label: str, tree: Map, *, alone: bool) -> list[Labelled]:
    """Return a schedule for each of the `optimizers` of a curve; the curve where it has none.

    A scheduler beside `optimizers` acts on each that has no own; it is built for each anew.

    Args:
        label: The curve's.
        tree: Its data.
        alone: No other curve stands in the document: the optimizers' names tell all apart.

    Raises:
        SpecError: One is wrong, or a scheduler would act on none.
    """
    if "optimizers" not in tree:
        return [Labelled(label, tree)]
    if "optimizer" in tree:
        raise SpecError(
            "optimizer and optimizers at once; keep one",
            place_of(tree, ("optimizer",), key=True),
        )
    given = tree["optimizers"]
    found = {name: _one(tree, given, name) for name in given}
    shared = next((key for key in _MEMBER if key in tree), None)
    if shared and not any(_takes_shared(given[name]) for name in given):
        raise SpecError(
            f"{shared}: each of the optimizers has a scheduler of its own; take it out",
            place_of(tree, (shared,), key=True),
        )
    if not any(key in each for key in SCHEDULERS for each in found.values()):
        raise SpecError(
            "no schedule: none of the optimizers has a scheduler; add `scheduler:` to one, or "
            "beside `optimizers:` for all",
            place_of(tree, ("optimizers",), key=True),
        )
    return [
        Labelled(
            name if alone else f"{label} ({name})",
            each,
            tuple(other for other in found if other != name),
        )
        for name, each in found.items()
    ]


def _takes_shared(value: Any) -> bool:
    return not isinstance(value, Map) or not any(key in value for key in SCHEDULERS)


def _one(tree: Map, given: Map, name: str) -> Map:
    """Return the schedule of one of the optimizers."""
    value = given[name]
    path: KeyPath = ("optimizers", name)
    entry = given.places.get(name, Entry(None, None))
    own = value if isinstance(value, Map) else Map({"type": value}, {"type": entry}, entry.value)
    validated(Trained, own, path)
    for key in own:
        if own[key] is None:
            problem = f"optimizers.{name}.{key}: nothing stands there; fill it in or take it out"
            raise SpecError(problem, place_of(own, (key,), key=True))
    kept = tree.without("optimizers", *(() if _takes_shared(value) else _MEMBER))
    result = own.only(*_MEMBER).over(kept)
    result.put("optimizer", own.without(*_MEMBER), entry)
    stray = next((key for key in _BESIDE if key in own), None)
    if stray and not any(key in result for key in SCHEDULERS):
        raise SpecError(
            f"optimizers.{name}.{stray}: stands beside a scheduler, and {name} has none",
            place_of(own, (stray,), key=True),
        )
    if all(key in result for key in SCHEDULERS):
        raise SpecError(
            f"optimizers.{name}: scheduler and schedulers at once; keep one",
            place_of(own, ("schedulers",), key=True),
        )
    return result
