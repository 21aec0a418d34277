"""`lrviz init`: a starter spec from a published recipe, found by a few questions."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lrviz.cli.console import emit, heading, note
from lrviz.cli.table import DEFAULT
from lrviz.cli.write import check_writable, write
from lrviz.errors import UsageError

if TYPE_CHECKING:
    from lrviz.catalog import Recipe


def complete_recipe(incomplete: str) -> list[str]:
    """Return the recipes that begin with `incomplete`."""
    from lrviz import catalog

    return [name for name in catalog.recipe_names() if name.startswith(incomplete)]


def init(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="RECIPE",
            help="A published recipe; without it a few questions are asked.",
            autocompletion=complete_recipe,
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="The file to write.")
    ] = DEFAULT,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Only errors on stderr.")] = False,
) -> None:
    """Write a starter spec from a published recipe: ResNet, BERT, GPT-3, ViT, ...

    Without a RECIPE it asks what you train and says how much warmup is usual.

    lrviz init vit-imagenet
    """
    from lrviz import catalog

    if name is None and not _on_terminal():
        if force or output != DEFAULT:
            raise UsageError(
                f"init writes {output} from a RECIPE, and none is named; without one it asks, on "
                "a terminal alone (`lrviz init` lists them)"
            )
        _print_recipes()
        return
    recipe = catalog.recipe(_ask() if name is None else name)
    target = Path(output)
    check_writable(target)
    files = _files(recipe, target)
    for path, data in files.items():
        if not force and os.path.lexists(path) and not _holds(path, data):
            raise UsageError(
                f"{path} is here already; --force overwrites it, -o names another file"
            )
    for path, data in files.items():
        path.parent.mkdir(exist_ok=True)
        write(path, data)
        if not quiet:
            note(f"wrote {path}")
    if not quiet:
        note(f"look at it: lrviz plot {output}")


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


def _files(recipe: Recipe, output: Path) -> dict[Path, bytes]:
    """Return the recipe's spec, and the data files that it names, by where they go."""
    from lrviz.document import parse

    files = {output: recipe.path.read_bytes()}
    metric = parse(recipe.text, recipe.path.name).get("metric")
    if isinstance(metric, dict) and "file" in metric:
        files[output.parent / metric["file"]] = (recipe.path.parent / metric["file"]).read_bytes()
    return files


def _print_recipes() -> None:
    """Print the recipes and the usual warmups, for where no question can be asked."""
    from lrviz import catalog

    recipes = catalog.recipes()
    column = 2 + max(len(each.name) for each in recipes)
    emit([heading("Recipes"), *(f"  {each.name:<{column}}{each.title}" for each in recipes), ""])
    emit([heading("Usual warmups"), *(f"  {line}" for line in _warmups(_guide())), ""])
    emit(["Write one with `lrviz init RECIPE`, e.g. lrviz init vit-imagenet."])


def _guide() -> Mapping[str, Any]:
    from lrviz.document import parse

    path = Path(__file__).parent.parent / "catalog" / "guide.yaml"
    guide: Mapping[str, Any] = parse(path.read_text(encoding="utf-8"), path.name)
    return guide


def _warmups(guide: Mapping[str, Any]) -> list[str]:
    rows = guide["warmup"]
    column = 2 + max(len(row["setting"]) for row in rows)
    return [f"{row['setting']:<{column}}{row['length']}" for row in rows]


def _ask() -> str:
    """Ask the guide's questions on stderr until they lead to a recipe; return its name."""
    from lrviz import catalog

    guide = _guide()
    answer: Mapping[str, Any] = {"next": guide["start"]}
    while "next" in answer:
        question = guide["questions"][answer["next"]]
        texts = [each["text"] for each in question["answers"]]
        answer = question["answers"][_choice(question["ask"], texts)]
    width = shutil.get_terminal_size((80, 24)).columns
    warmups = (f"  {line}" for line in _warmups(guide))
    for line in ("", *textwrap.wrap(answer["advice"], width), "", "Usual warmups:", *warmups):
        note(line)
    names: list[str] = answer["recipes"]
    titles = [catalog.recipe(each).title for each in names]
    return names[_choice("Which recipe?", titles)]


def _choice(question: str, answers: list[str]) -> int:
    note("")
    note(question)
    for number, text in enumerate(answers, 1):
        note(f"  {number}  {text}")
    while True:
        said = typer.prompt("Number", default="1", err=True).strip()
        known = [str(number + 1) for number in range(len(answers))]
        if said in known:
            return known.index(said)
        note(f"  a number from 1 to {len(answers)}, please")
