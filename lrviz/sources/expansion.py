"""Presets written out: a schedule that names presets becomes one that names classes only."""

from __future__ import annotations

import re
from typing import Any

from lrviz import catalog
from lrviz.document import Entry, KeyPath, Map, Seq, place_of
from lrviz.errors import Place, SpecError, suggestion
from lrviz.spec.inheritance import merged_optimizer, node

_DEPTH = 8
_REFERENCE = re.compile(r"\$([a-z]\w*)")
_MEANT = ("interval", "frequency", "metric", "optimizer")
_BESIDE = (*_MEANT, "plot")


def expand(tree: Map) -> Map:
    """Return a schedule with its presets written out and its schedulers in one spelling.

    What a preset says stands where it is named, so that a message about it points at the user's
    own line; what the user says wins over what a preset says.

    Raises:
        SpecError: An argument is none of the preset's, or a preset cannot stand where it does.
    """
    if "schedulers" in tree:
        items, places = [], []
        for index, item in enumerate(tree["schedulers"]):
            path: KeyPath = ("schedulers", index)
            place = place_of(tree, path)
            member = item if isinstance(item, Map) else Map({"scheduler": item}, place=place)
            expanded, name = _expand_one(member, path)
            if "schedulers" in expanded:
                raise _cannot_nest(name, "in `schedulers`", place)
            if "optimizer" in expanded and "optimizer" not in member:
                tree = _with_optimizer(tree, expanded)
                expanded = expanded.without("optimizer")
            if "plot" not in member:
                expanded = expanded.without("plot")  # how it would be drawn alone
            if "metric" in tree and "metric" not in member:
                expanded = expanded.without("metric")  # a preset's is an example
            items.append(expanded)
            places.append(place)
        result = tree.without("schedulers")
        entry = tree.places.get("schedulers", Entry(None, None))
        result.put("schedulers", Seq(items, places, entry.value), entry)
        return result
    return _expand_one(tree, ())[0]


def _with_optimizer(tree: Map, member: Map) -> Map:
    if "optimizer" in tree:
        return tree
    result = tree.without()
    result.put("optimizer", member["optimizer"], member.places["optimizer"])
    return result


def _expand_one(tree: Map, path: KeyPath) -> tuple[Map, str]:
    """Expand the `scheduler` of a schedule or of a member; also return the preset's name."""
    entry = tree.places.get("scheduler", Entry(tree.place, tree.place))
    if "scheduler" not in tree:
        return tree, ""  # the validation says what is missing
    current = node(tree["scheduler"], (*path, "scheduler"), entry.value)
    result, name = tree, ""
    for _ in range(_DEPTH):
        preset = catalog.preset(current["type"])
        if preset is None:
            break
        name = name or preset.name
        written = _written_out(preset, current)
        beside = written.only(*_BESIDE)
        if "optimizer" in beside and "optimizer" in result:
            beside["optimizer"] = merged_optimizer(beside["optimizer"], result["optimizer"])
            result = result.without("optimizer")
        result = result.over(beside)
        if "schedulers" in written:
            if "interval" in tree or "frequency" in tree:
                key = "interval" if "interval" in tree else "frequency"
                raise SpecError(
                    f"{key}: the schedulers of {preset.name} have their own; "
                    f"write them out (`lrviz info {preset.name}`)",
                    place_of(tree, (key,), key=True),
                )
            result = result.without("scheduler")
            result.put("schedulers", _members(written["schedulers"], "metric" in tree), entry)
            return expand(result), name
        current = node(written["scheduler"], (*path, "scheduler"), current.place)
    else:
        raise SpecError(f"presets that name each other more than {_DEPTH} deep", entry.value)
    result = result.without()
    result.put("scheduler", _inner(current, (*path, "scheduler")), entry)
    return result, name


def _members(written: Seq, has_metric: bool) -> Seq:
    """Return a preset's schedulers; the metric that stands beside its name is for all of them."""
    items = [each.without("metric") if has_metric else each for each in written]
    return Seq(items, written.places, written.place)


def _inner(current: Map, path: KeyPath) -> Map:
    """Expand the presets among the members of a composite scheduler."""
    if not isinstance(current.get("schedulers"), Seq):
        return current
    members = current["schedulers"]
    items = []
    for index, item in enumerate(members):
        where: KeyPath = (*path, "schedulers", index)
        place = members.places[index]
        inner, name = _expand_one(
            Map({"scheduler": item}, {"scheduler": Entry(place, place)}), where
        )
        beside = [key for key in ("schedulers", *_MEANT) if key in inner]
        if beside:
            raise _cannot_nest(name, f"inside {current['type']}", place)
        items.append(inner["scheduler"])
    result = current.without()
    result["schedulers"] = Seq(items, members.places, members.place)
    return result


def _cannot_nest(name: str, where: str, place: Place | None) -> SpecError:
    return SpecError(
        f"the preset {name} is more than one scheduler and cannot stand {where}; "
        f"write out what you need of it (`lrviz info {name}`)",
        place,
    )


def _written_out(preset: catalog.Preset, current: Map) -> Map:
    """Return the preset's data with its parameters put in and the class's arguments put over."""
    given = current.without("type")
    values: dict[str, tuple[Any, Entry | None]] = {
        key: (given[key], given.places.get(key)) if key in given else (param.default, None)
        for key, param in preset.params.items()
    }
    here = Entry(current.places["type"].value, current.places["type"].value)
    data: Map = _substituted(preset.data, values, here)
    others = given.without(*preset.params)
    if not others:
        return data
    inner = data.get("scheduler")
    if isinstance(inner, str):
        inner = node(inner, ("scheduler",), here.value)
    known = list(preset.params)
    if isinstance(inner, Map):
        target = catalog.scheduler_class(inner["type"])
        nested = catalog.preset(inner["type"])
        if target and "schedulers" not in inner:
            known += [argument.name for argument in target.signature]
        elif nested:
            known += list(nested.params)
    for key in others:
        if key not in known:
            hint = suggestion(key, known) or f"; it has: {', '.join(known) or 'none'}"
            raise SpecError(
                f"{preset.name} has no argument {key!r}{hint}", place_of(current, (key,), key=True)
            )
    data["scheduler"] = others.over(inner if isinstance(inner, Map) else Map())
    return data


def _substituted(value: Any, values: dict[str, tuple[Any, Entry | None]], here: Entry) -> Any:
    """Return `value` with each `$name` replaced; everything else stands `here`."""
    if isinstance(value, Map):
        result = Map(place=here.value)
        for key, item in value.items():
            entry = here
            if isinstance(item, str) and item[:1] == "$" and item[1:] in values:
                entry = values[item[1:]][1] or here
            result.put(key, _substituted(item, values, here), entry)
        return result
    if isinstance(value, Seq):
        items = [_substituted(item, values, here) for item in value]
        places = [
            (values[item[1:]][1] or here).value
            if isinstance(item, str) and item[:1] == "$" and item[1:] in values
            else here.value
            for item in value
        ]
        return Seq(items, places, here.value)
    if not isinstance(value, str):
        return value
    if value[:1] == "$" and value[1:] in values:
        return values[value[1:]][0]
    return _REFERENCE.sub(
        lambda found: str(values[found[1]][0]) if found[1] in values else found[0], value
    )
