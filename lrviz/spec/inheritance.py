"""A document split into its schedules: what they inherit, and the spellings of a scheduler."""

from __future__ import annotations

from typing import Any

from lrviz.document import Entry, KeyPath, Map, Seq, place_of
from lrviz.errors import Place, SpecError, shown
from lrviz.spec.models import SPELLINGS, Curve, Spec, validated
from lrviz.spec.several import Labelled, by_optimizer
from lrviz.spec.training import LENGTHS, SIZES


def split(document: Any, stem: str) -> list[Labelled]:
    """Split a whole document into its schedules, the file's sections merged into each.

    Args:
        document: What `document.parse` gave.
        stem: The label of a document that has one curve only.

    Returns:
        The schedules, in the document's order.

    Raises:
        SpecError: The document is no spec.
    """
    if not isinstance(document, Map):
        kinds = "empty" if document is None else "a list" if isinstance(document, Seq) else "text"
        what = f"it is {kinds}"
        raise SpecError(
            f"not a spec: {what}; begin with `train:` and `schedules:` (`lrviz init` writes one)",
            getattr(document, "place", None),
        )
    validated(Spec, document)
    _filled(document, ())
    present = [key for key in ("scheduler", "schedulers", "schedules") if key in document]
    if len(present) != 1 and (present or "optimizers" not in document):
        if not present:
            raise SpecError("no schedule: add `scheduler:` or `schedules:`", document.place)
        raise SpecError(
            f"{' and '.join(present)} at once; keep one (several curves go under `schedules:`)",
            place_of(document, (present[1],), key=True),
        )
    if present != ["schedules"]:
        return by_optimizer(stem, document, alone=True)
    for key in ("interval", "frequency", "metric"):
        if key in document:
            raise SpecError(
                f"{key}: stands beside a scheduler; move it into the schedules it is for",
                place_of(document, (key,), key=True),
            )
    shared = document.without("schedules", "check")
    result: list[Labelled] = []
    for label, value in document["schedules"].items():
        entry = document["schedules"].places.get(label, Entry(None, None))
        own = value if isinstance(value, Map) else _from_name(value, entry)
        validated(Curve, own, ("schedules", label))
        _filled(own, ("schedules", label))
        result += by_optimizer(label, _inherit(shared, own, document), alone=False)
    return result


def _filled(tree: Map, path: KeyPath) -> None:
    for key, value in tree.items():
        if key in ("train", "plot") and isinstance(value, Map):
            _filled(value, (*path, key))
        if value is None:
            name = ".".join(map(str, (*path, key)))
            place = place_of(tree, (key,), key=True)
            raise SpecError(f"{name}: nothing stands there; fill it in or take it out", place)


def _from_name(name: str, entry: Entry) -> Map:
    return Map({"scheduler": name}, {"scheduler": entry}, entry.value)


def _inherit(shared: Map, own: Map, document: Map) -> Map:
    other = {"optimizer": "optimizers", "optimizers": "optimizer"}
    shared = shared.without(*(other[key] for key in other if key in own))
    tree = own.over(shared)
    if "train" in own and "train" in shared:
        tree["train"] = merged_train(shared["train"], own["train"])
    if "optimizer" in own and "optimizer" in shared:
        tree["optimizer"] = merged_optimizer(shared["optimizer"], own["optimizer"])
    if "check" in document:
        ignored = own["check"]["ignore"] if "ignore" in own.get("check", {}) else Map()
        tree["check"] = Map({"ignore": ignored.over(document["check"].get("ignore", Map()))})
    return tree


def merged_train(base: Map, own: Map) -> Map:
    """Return `base` under `own`, which replaces a length, or what makes an epoch, as a whole."""
    dropped: set[str] = set()
    if any(key in own for key in LENGTHS):
        dropped.update(LENGTHS)
    if "steps_per_epoch" in own:
        dropped.update(SIZES)
    elif any(key in own for key in SIZES):
        dropped.add("steps_per_epoch")
    return own.over(base.without(*dropped))


def merged_optimizer(base: Any, own: Any) -> Map:
    """Return `base` under `own`; of an optimizer of another type only `lr` is inherited."""
    below, above = optimizer_map(base), optimizer_map(own)
    another = "type" in above and above["type"] != below.get("type")
    return above.over(below.only("lr") if another else below)


def optimizer_map(value: Any) -> Map:
    """Return an optimizer's section, which may be a bare name, as a mapping."""
    return value if isinstance(value, Map) else Map({"type": value})


def node(value: Any, path: KeyPath, place: Place | None) -> Map:
    """Return a scheduler, in any of the spellings in use, as a mapping with `type`.

    Read are a bare name, `type:`, Hydra's `_target_:` (its `_partial_` says nothing here) and
    Lightning's `class_path:` with `init_args:`.

    Raises:
        SpecError: There is no name in it, or more than one.
    """
    if isinstance(value, str):
        return Map({"type": value}, {"type": Entry(place, place)}, place)
    where = ".".join(str(part) for part in path)
    if not isinstance(value, Map):
        raise SpecError(f"{where}: must be a scheduler: a name, or a mapping with `type:`", place)
    names = [key for key in SPELLINGS if key in value]
    if len(names) != 1:
        what = "needs `type:`" if not names else f"has both {names[0]} and {names[1]}; keep one"
        raise SpecError(f"{where}: {what}", value.place or place)
    name = value[names[0]]
    entry = value.places.get(names[0], Entry(place, place))
    if not isinstance(name, str):
        problem = f"must be a scheduler's name, not {shown(name)}"
        raise SpecError(f"{where}.{names[0]}: {problem}", entry.value)
    if names[0] == "class_path":
        extra = value.without("class_path", "init_args")
        if extra:
            key = next(iter(extra))
            hint = "arguments of a class_path stand under `init_args:`"
            raise SpecError(f"{where}.{key}: {hint}", place_of(value, (key,), key=True))
        arguments = value.get("init_args") or Map()
        if not isinstance(arguments, Map):
            problem = f"{where}.init_args: must be a mapping"
            raise SpecError(problem, place_of(value, ("init_args",)))
    else:
        arguments = value.without(names[0], *(["_partial_"] if names[0] == "_target_" else []))
    result = Map({"type": name}, {"type": entry}, value.place or place)
    return arguments.over(result)
