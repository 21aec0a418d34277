"""Markdown pages whose `console` blocks show what the commands really print."""

from __future__ import annotations

import inspect
import re
import shlex
from pathlib import Path

from typer.testing import CliRunner

from lrviz.cli.app import app
from lrviz.gallery.pages import same
from lrviz.shapes import SHAPES
from lrviz.spec.json_schema import json_schema

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ ", re.MULTILINE)


def hold(folder: Path, text: str, drawn: Path, *, update: bool) -> None:
    """Hold a folder of the gallery against its page's text and the figures that were drawn for it.

    With `update` it is first made to be as they are.
    """
    made = {file.name: file.read_bytes() for file in drawn.glob("*.svg")}
    made["README.md"] = text.encode()
    if update:
        folder.mkdir(exist_ok=True)
        for name in {path.name for path in folder.iterdir()} - set(made):
            (folder / name).unlink()
        for name, data in made.items():
            old = folder / name
            if not old.exists() or not same(old.read_bytes(), data):
                old.write_bytes(data)
    hint = f"stale: python -m pytest --update-golden tests/gallery/test_{folder.name}_page.py"
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(found) == sorted(made), hint
    assert [name for name, data in made.items() if not same(found[name], data)] == [], hint


def rendered(page: str) -> str:
    """Return a page with what its commands print, run in order in the current folder.

    `$ cat FILE` shows a file that the commands below it read: it is written as it stands there.
    """
    return BLOCK.sub(lambda block: f"```console\n{_rendered(block[1])}```", page)


def _rendered(block: str) -> str:
    shown = ""
    for each in _COMMAND.split(block)[1:]:
        command, _, below = each.partition("\n")
        name, *arguments = shlex.split(command)
        if name == "cat":
            [file] = arguments
            printed = below.rstrip("\n") + "\n"
            Path(file).write_text(printed, encoding="utf-8")
        else:
            printed = _output(name, arguments)
        # Between an output and the next command stands a blank line.
        shown += f"$ {command}\n{printed}\n" if printed else f"$ {command}\n"
    return shown.rstrip("\n") + "\n"


def _output(name: str, arguments: list[str]) -> str:
    assert name == "lrviz", f"a page shows `{name}`, and not lrviz"
    printed = CliRunner().invoke(app, arguments, prog_name="lrviz").output
    return printed.rstrip("\n") + "\n" if printed.strip() else ""


def with_generated(page: str) -> str:
    """Return a page whose `<!-- keys Train -->` and `<!-- shapes -->` have what the code says."""
    page = re.sub(
        r"(<!-- keys (\w+) -->\n).*?(?=<!-- /keys -->)",
        lambda found: f"{found[1]}\n{_keys(found[2])}\n",
        page,
        flags=re.DOTALL,
    )
    return re.sub(
        r"(?<=<!-- shapes -->\n).*?(?=<!-- /shapes -->)",
        lambda _: f"\n{_shapes()}\n",
        page,
        flags=re.DOTALL,
    )


def _keys(section: str) -> str:
    rows = []
    for key, value in json_schema()["$defs"][section]["properties"].items():
        default = value.get("default")
        shown = "" if default in (None, {}) else f"`{str(default).lower()}`"
        rows.append(f"| `{key}` | {value.get('description', '')} | {shown} |\n")
    return "| key | what it is | default |\n|---|---|---|\n" + "".join(rows)


def _shapes() -> str:
    rows = []
    for name, shape in SHAPES.items():
        arguments = ", ".join(
            f"`{each.name}`"
            if each.default is inspect.Parameter.empty
            else f"`{each.name}` ({each.default})"
            for each in inspect.signature(shape).parameters.values()
            if each.name != "total"
        )
        said = (inspect.getdoc(shape) or "").partition("\n")[0]
        rows.append(f"| `{name}` | {said} | {arguments.replace(' (None)', '')} |\n")
    return "| shape | what it is | its parameters |\n|---|---|---|\n" + "".join(rows)
