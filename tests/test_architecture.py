"""Data goes one way: a module imports only what stands above it here, and torch is not for all."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import lrviz

PACKAGE = Path(lrviz.__file__).parent
# From the ground up; the parts of one line do not import each other.
LAYERS = [
    "errors writing",
    "document shapes",
    "catalog spec",
    "curves sources",
    "building",
    "simulation views",
    "checking gallery live",
    "api cli",
    "embedding",
    "sphinx mkdocs",
    "__init__ __main__",
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names.split()}
MAY_IMPORT_TORCH = {"building", "simulation", "live"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def part(path: Path) -> str:
    """Return the module or folder right below the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Yield what a module imports when it runs; what only a type checker sees does not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    unseen = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in unseen:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "lrviz":
            yield from (f"lrviz.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module or ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    own = part(path)
    for name in imported(path):
        head, _, rest = name.partition(".")
        if head == "lrviz" and rest:
            other = rest.split(".")[0]
            below = other.startswith("__") or other == own or RANK[other] < RANK[own]
            assert below, f"{own} imports {other}, which does not stand below it"
        if head == "torch":
            assert own in MAY_IMPORT_TORCH
        if head == "matplotlib":
            assert "views/figure" in path.as_posix()


def loaded(code: str) -> set[str]:
    script = f"import sys; {code}; print(*(n for n in sys.modules if '.' not in n))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_package_alone_loads_nothing_heavy() -> None:
    heavy = {"torch", "matplotlib", "numpy", "pydantic", "yaml", "rich", "typer"}
    assert not loaded("import lrviz") & heavy


def test_names_and_specs_need_no_torch() -> None:
    code = (
        "from lrviz import catalog;"
        "from lrviz.sources.loading import load;"
        "catalog.names(); catalog.scheduler_classes(); catalog.recipes();"
        "catalog.optimizer_names();"
        "load('warmup-cosine')"
    )
    assert not loaded(code) & {"torch", "matplotlib"}


def test_every_public_name_is_there() -> None:
    assert {name: getattr(lrviz, name) is not None for name in lrviz.__all__} == dict.fromkeys(
        lrviz.__all__, True
    )
    modules = {part(path) for path in MODULES}
    assert not modules & set(lrviz.__all__), "a module of a public name's name would hide it"
    with pytest.raises(AttributeError, match="module 'lrviz' has no attribute 'nothing'"):
        lrviz.nothing  # noqa: B018
