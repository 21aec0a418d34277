"""Configs that are neither YAML nor JSON as SOURCEs: TOML, `key: value` lines, Python."""

from __future__ import annotations

from pathlib import Path

from lrviz.document import Map, read_text
from lrviz.errors import Place, UsageError
from lrviz.files import checked
from lrviz.sources.configs.origin import of_config, unknown
from lrviz.sources.paths import is_there
from lrviz.sources.kind import Kind, Origin
from lrviz.sources.overrides import Overrides
from lrviz.sources.reference import Reference

FORMS = {".toml": "toml", ".txt": "params", ".py": "python"}
"""The forms of such configs by what their names end in."""

_MOST = 8_000_000  # bytes


def of_file(file: str, overrides: Overrides) -> list[Origin] | None:
    """Read such a config; None where it is of no framework that is known.

    Raises:
        UsageError: It cannot be read.
        SpecError: It is broken.
    """
    path = Path(file)
    try:
        with checked(path).open("rb") as stream:
            raw = stream.read(_MOST)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{file}: cannot be read: {reason}") from None
    text, form = read_text(raw, file), FORMS[path.suffix]
    document = _document(text, file, form)
    label = path.parent.name or path.stem if path.name == "params.txt" else path.stem
    return of_config(document, (label, file, path.parent), overrides, form)


def _document(text: str, file: str, form: str) -> Map:
    # Imported late: nearly every SOURCE is none of these.
    if form == "python":
        from lrviz.sources.configs.forms.python import read_python

        return read_python(text, file, Path(file).parent)
    if form == "toml":
        from lrviz.sources.configs.forms.toml import read_toml

        return read_toml(text, file)
    from lrviz.sources.configs.forms.params import read_params

    return read_params(text, file)


def _parse(source: str) -> Reference | None:
    if source.endswith((".toml", "params.txt")) and is_there(source):
        return Reference(source, "config", source, file=source)
    return None


def _read(reference: Reference, overrides: Overrides) -> list[Origin]:
    origins = of_file(reference.name, overrides)
    if origins is None:
        raise unknown(Map()).at(Place(reference.name, 1, 1))
    return origins


CONFIG = Kind("config", _parse, _read, runs_code=False)
