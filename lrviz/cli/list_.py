"""`lrviz list`: what there is."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from lrviz.cli.chart import has_dots
from lrviz.cli.console import emit, heading

_WIDE = 72  # below it, the small curves would leave the summaries no room


def list_() -> None:
    """List the presets, torch's schedulers, the recipes, what configs are read, the optimizers."""
    from lrviz import catalog
    from lrviz.sources.configs.reading import frameworks

    width = shutil.get_terminal_size((80, 24)).columns
    curves = catalog.sparklines() if has_dots() and width >= _WIDE else {}
    presets = [(each.name, each.summary) for each in catalog.presets()]
    classes = [(each.name, each.summary) for each in catalog.scheduler_classes()]
    recipes = [(each.name, each.title) for each in catalog.recipes()]
    configs = [(each.name, f"{each.title}: {each.file}") for each in frameworks()]
    groups = (
        ("Presets", "lrviz plot NAME; lrviz info NAME says more", presets),
        ("PyTorch's schedulers", "lrviz plot NAME:argument=value", classes),
        ("Recipes", "lrviz init NAME", recipes),
        ("Configs of frameworks", "lrviz plot FILE --as NAME", configs),
    )
    for title, usage, rows in groups:
        emit([f"{heading(title)}  ({usage})", *_rows(rows, curves, width), ""])
    names = textwrap.wrap(", ".join(catalog.optimizer_names()), max(width - 2, 40))
    emit([f"{heading('Optimizers')}  (--optimizer NAME)", *(f"  {line}" for line in names)])


def _rows(rows: Sequence[tuple[str, str]], curves: Mapping[str, str], width: int) -> Iterator[str]:
    column = 2 + max(len(name) for name, _ in rows)
    shown = {name: curves.get(name, "") for name, _ in rows}
    spark = max(map(len, shown.values()))
    indent = column + spark + 2 * bool(spark)
    for name, text in rows:
        first, *more = textwrap.wrap(text, max(width - indent - 2, 24)) or [""]
        lead = f"{name:<{column}}{shown[name]}"
        yield f"  {lead:<{indent}}{first}".rstrip()
        yield from (f"  {'':<{indent}}{line}" for line in more)
