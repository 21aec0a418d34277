"""Presets and torch's classes by name, with or without arguments."""

from __future__ import annotations

from lrviz import catalog
from lrviz.document import Entry, Map
from lrviz.errors import Place
from lrviz.sources.arguments import read_arguments
from lrviz.sources.kind import Kind, Origin
from lrviz.sources.overrides import Overrides, with_sets
from lrviz.sources.reference import Reference

ALL_PRESETS = "preset:*"


def _parse(source: str) -> Reference | None:
    head, colon, _ = source.partition(":")
    if head in catalog.preset_names() or catalog.scheduler_class(head):
        return Reference(source, "name", head, arguments=bool(colon))
    return None


def _read(reference: Reference, overrides: Overrides) -> list[Origin]:
    name, source = reference.name, reference.text
    place = Place(source, 0, 0, 0, len(name))
    node = Map({"type": name}, {"type": Entry(place, place)}, place)
    if reference.arguments:
        read_arguments(source, node)
    tree = Map({"scheduler": node}, {"scheduler": Entry(place, place)}, place)
    return [Origin(name, source, with_sets(tree, overrides.sets), is_named=True)]


def _parse_all(source: str) -> Reference | None:
    return Reference(source, "presets") if source == ALL_PRESETS else None


def _read_all(reference: Reference, overrides: Overrides) -> list[Origin]:
    del reference
    return [
        origin
        for name in catalog.preset_names()
        for origin in _read(Reference(name, "name", name), overrides)
    ]


NAME = Kind("name", _parse, _read, runs_code=False)
PRESETS = Kind("presets", _parse_all, _read_all, runs_code=False)
