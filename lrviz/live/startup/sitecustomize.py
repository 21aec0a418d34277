"""Run by Python at its start, where this folder is on the path: in all that a script starts.

`run:SCRIPT` puts it there, so that processes which a launcher or `spawn` begins are seen as the
script's own is. What it does waits for torch, which most of them never import.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

_HERE = Path(__file__).parent
_PACKAGE = _HERE.parents[1]
_REQUEST = os.environ.get("LRVIZ_RUN")


class _Finder(MetaPathFinder):
    """Finds torch as all others do, and has it looked at when it is imported."""

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> Any:
        del path, target
        if name != "torch":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            _joined(spec)
        return spec


def _joined(spec: ModuleSpec) -> None:
    loader: Any = spec.loader
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        execute(module)
        if importlib.util.find_spec(_PACKAGE.name) is None:
            sys.path.append(str(_PACKAGE.parent))
        from lrviz.live.scripts import join

        join(Path(str(_REQUEST)))

    loader.exec_module = exec_module


def _next() -> None:
    """Run the file of this name that this one hides."""
    for folder in sys.path:
        file = Path(folder) / Path(__file__).name
        if Path(folder).resolve() != _HERE and file.is_file():
            exec(compile(file.read_bytes(), file, "exec"), {"__name__": __name__})
            return


_next()
if _REQUEST and "lrviz.live.scripts" not in sys.orig_argv:
    sys.meta_path.insert(0, _Finder())
