"""Traces to what the page's script draws: plain data, and beside it every value as it is."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lrviz.curves.events import Array
from lrviz.curves.trace import Trace
from lrviz.errors import UsageError
from lrviz.views.plan.bands import FAINT
from lrviz.views.plan.looks import Look
from lrviz.views.plan.options import FigureOptions
from lrviz.views.plan.palette import DARK, LIGHT, Colours, Palette, mixed, readable
from lrviz.views.plan.planning import Plan, plan
from lrviz.views.plan.scales import unit
from lrviz.views.plan.spoken import spoken
from lrviz.writing.text import visible

VERSION = 1
MOST = 50_000_000
"""Values that a page may hold: more than a browser has room for."""

_UNITS = ("step", "epoch", "progress", "tokens")
_MANY = 200  # curves that are worth a list to switch them on and off


@dataclass(frozen=True)
class FigureData:
    """What a page draws.

    Attributes:
        meta: Plain data, as JSON has it: see `figure_data`.
        arrays: Float64, shape (N,) each; `meta` names them by their index.
    """

    meta: dict[str, Any]
    arrays: tuple[Array, ...]

    def message(self) -> bytes:
        """Return all of it as bytes, as `LrvizFigure.read` reads them.

        The length of the JSON (32 bits, little-endian), the JSON, padded with spaces to a multiple
        of 8 bytes, and the doubles of all arrays in turn.
        """
        text = json.dumps(self.meta).encode()
        text += b" " * (-(len(text) + 4) % 8)
        doubles = (np.ascontiguousarray(each, "<f8").tobytes() for each in self.arrays)
        return b"".join((struct.pack("<I", len(text)), text, *doubles))


@dataclass
class _Store:
    """Arrays, each distinct one once."""

    arrays: list[Array] = field(default_factory=list)
    _known: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def index(self, values: Array) -> int:
        """Return where an array stands, which is put there where it is new."""
        values = np.ascontiguousarray(values, dtype=np.float64)
        bits = values.view(np.int64)
        known = self._known.setdefault((len(values), zlib.crc32(values.data)), [])
        for at in known:
            if np.array_equal(self.arrays[at].view(np.int64), bits):
                return at
        self.arrays.append(values)
        known.append(len(self.arrays) - 1)
        return known[-1]


def figure_data(traces: Sequence[Trace], options: FigureOptions) -> FigureData:
    """Return what a page draws of traces.

    The names are `figure`'s own, and so are colours, dashes and the order of the curves; of those
    there are two, for light and for dark. Every value of every update and group is in `arrays`.

    Args:
        traces: At least one.
        options: `x`, `log`, `groups` and `annotate` say how the page looks at first, `size` how
            large it is; `title`, `param` and `marks` what it shows; the others are a picture's.

    Returns:
        `meta` has, each in the order in which it is drawn:
        `units`, what the x axis may count, with the factor of each trace;
        `traces`, their names, lengths, and the first update that they have a value for;
        `views`, one or two, of which the second has all param groups, each of `panels` of `lines`;
        `marks`, places on lines and what is written there;
        `columns`, all arrays, by trace, quantity and group, and `sizes`, their lengths.

    Raises:
        UsageError: There is no trace, an option does not fit, or the values are more than `MOST`.
    """
    if not traces:
        raise UsageError("nothing to draw: no schedule was given")
    options = replace(options, grid=False)
    asked = _plan(traces, options, LIGHT)
    _refuse_too_many(asked.traces)
    store = _Store()
    columns = [
        {"trace": index, "param": param, "group": group, "array": store.index(values[:, group])}
        for index, trace in enumerate(asked.traces)
        for param, values in trace.curves.items()
        for group in range(values.shape[1])
    ]
    title, description = spoken(asked, options.title)
    meta = {
        "version": VERSION,
        "title": title,
        "description": description,
        "unit": "step" if asked.below.name == "update" else asked.below.name,
        "log": options.log,
        "marked": options.annotate or bool(options.marks),
        "groups": options.groups,
        "size": options.size,
        "units": _units(asked),
        "traces": [_trace(each, store) for each in asked.traces],
        "views": _views(traces, asked, options, columns),
        "marks": _marks(asked),
        "notes": list(_notes(asked)),
        "columns": columns,
        "sizes": [len(each) for each in store.arrays],
    }
    return FigureData(meta, tuple(store.arrays))


def _plan(traces: Sequence[Trace], options: FigureOptions, palette: Palette) -> Plan:
    return plan(traces, options, Colours(palette.curves, palette.back))


def _refuse_too_many(traces: Sequence[Trace]) -> None:
    count = sum(values.size for trace in traces for values in trace.curves.values())
    if count > MOST:
        raise UsageError(
            f"a page holds every value of every param group, and these are {count:,}, more than "
            f"the {MOST:,} that a browser has room for; write an .svg or a .png, or give fewer "
            "--steps"
        )


def _units(asked: Plan) -> list[dict[str, Any]]:
    """Return what the x axis may count: what is known of all traces."""
    found = []
    only_epochs = all(trace.length.epochs_only for trace in asked.traces)
    for key in _UNITS[1:] if only_epochs else _UNITS:
        try:
            each = unit(key, asked.traces)
        except UsageError:
            continue
        found.append({"key": key, "factors": each.factors, "whole": each.whole})
    return found


def _trace(trace: Trace, store: _Store) -> dict[str, Any]:
    error = trace.error and {
        "update": trace.error.update,
        "message": visible(trace.error.message),
    }
    steps = trace.steps
    return {
        "label": _one_line(trace.label),
        "updates": trace.updates,
        "length": trace.length.updates,
        "start": trace.update(0),
        "perEpoch": trace.updates_per_epoch,
        "logged": trace.logged,
        "interval": trace.interval,
        "error": error,
        "steps": store.index(steps.astype(np.float64)) if steps is not None else None,
    }


def _views(
    traces: Sequence[Trace], asked: Plan, options: FigureOptions, columns: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the curves as they were asked for, and where there are more of them all groups."""
    arrays = {(each["trace"], each["param"], each["group"]): each["array"] for each in columns}
    plain = replace(options, annotate=False, marks=())
    shown = [(options.groups, asked)]
    drawn = sum(len(panel.lines) for panel in asked.panels)
    params = {panel.param for panel in asked.panels}
    every = sum(each["param"] in params for each in columns)
    if options.groups == "ends" and drawn < every <= _MANY:
        shown.append(("all", _plan(traces, replace(plain, groups="all"), LIGHT)))
    found = []
    for groups, light in shown:
        dark = _plan(traces, replace(plain, groups=groups), DARK)
        found.append({"groups": groups, "panels": _panels(light, dark, options, arrays)})
    return found


def _panels(
    light: Plan, dark: Plan, options: FigureOptions, arrays: dict[tuple[int, str, int], int]
) -> list[dict[str, Any]]:
    found = []
    for panel, lights, darks in zip(light.panels, light.looks, dark.looks, strict=True):
        lines = [
            {
                "label": _one_line(line.label),
                "trace": line.trace,
                "group": line.group,
                "array": arrays[line.trace, panel.param, line.group],
                "dots": one.dots,
                "light": _look(one, LIGHT),
                "dark": _look(other, DARK),
            }
            for line, one, other in zip(panel.lines, lights, darks, strict=True)
        ]
        log = panel.param == "lr" or options.param is not None
        found.append({"param": panel.param, "title": panel.title, "log": log, "lines": lines})
    return found


def _look(look: Look, palette: Palette) -> dict[str, Any]:
    """Return a look; `text` is the colour of its curve's name, `told` of words on its bands."""
    within = mixed(palette.back, look.colour, FAINT)
    return {
        "colour": look.colour,
        "dashes": look.dashes,
        "order": look.order,
        "named": look.named,
        "text": readable(look.colour, palette.text, palette.back),
        "told": readable(look.colour, palette.text, within),
    }


def _marks(asked: Plan) -> list[dict[str, Any]]:
    found = []
    for spot in asked.spots:
        line = asked.panels[0].lines[spot.line]
        found.append(
            {
                "trace": line.trace,
                "group": line.group,
                "update": round(spot.x / asked.below.factors[line.trace]),
                "texts": _each_on_a_line(spot.texts),
                "given": spot.given,
                "kind": spot.kind,
                "together": _each_on_a_line(spot.together),
            }
        )
    return found


def _each_on_a_line(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(text.replace("\n", " ") for text in texts))


def _notes(asked: Plan) -> Any:
    for trace in asked.traces:
        if trace.cut_short:
            yield visible(trace.cut_short)
        for param, values in trace.curves.items():
            lost = values.size - int(np.count_nonzero(np.isfinite(values)))
            if lost:
                yield f"{_one_line(trace.label)}: {lost:,} values of {param} are not finite."


def _one_line(text: str) -> str:
    return visible(" ".join(text.split()))
