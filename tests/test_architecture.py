"""Data goes one way: a module imports only what stands above it here, and torch is not for all."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import lrviz

PACKAGE = Path(lrviz.__file__).parent
# From the ground up; the parts of one line do not import each other.
LAYERS = [
    "errors files writing",
    "document shapes",
    "catalog spec",
    "curves sources",
    "building cache views",
    "simulation",
    "api checking gallery live",
    "explorer",
    "cli lightning transformers",
    "embedding __main__",
    "sphinx mkdocs",
]
# No floor of its own: the names of the API, loaded on first use, and the version.
ROOT = "__init__"
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names.split()}
MAY_IMPORT_TORCH = {"building", "simulation", "live"}
LONGEST = 350  # lines of a module
DOTTED = re.compile(rf"lrviz\.({'|'.join(RANK)})(\.\w+)+")
MODULES = sorted(PACKAGE.rglob("*.py"))


def part(path: Path) -> str:
    """Return the module or folder right below the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Yield the names that a module imports, at once or late, as `module.name`.

    A dotted name of ours in a string is one, as registers have them, which import what is asked
    for. What only a type checker sees does not count.
    """
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
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and DOTTED.fullmatch(str(node.value)):
            yield str(node.value)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    own = part(path)
    if own == ROOT:
        return
    for name in imported(path):
        head, _, rest = name.partition(".")
        if head == "lrviz" and rest:
            other = rest.split(".")[0]
            below = rest == "__version__" or other == own or RANK[other] < RANK[own]
            assert below, f"{own} imports {other}, which does not stand below it"
        if head == "torch":
            assert own in MAY_IMPORT_TORCH
        if head == "matplotlib":
            assert "views/figure" in path.as_posix()


def name_of(path: Path) -> str:
    """Return a module's dotted name."""
    parts = ("lrviz", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_imports_form_no_circle() -> None:
    modules = {name_of(path): path for path in MODULES}
    needs: dict[str, set[str]] = {}
    for name, path in modules.items():
        homes = {each if each in modules else each.rpartition(".")[0] for each in imported(path)}
        needs[name] = homes & set(modules) - {"lrviz"}  # of the package itself: its version
    needs["lrviz"] |= set(lrviz._HOMES.values())  # by their names, in a function
    # One after the other leaves whose imports have all left; what is in a circle stays.
    while ready := {name for name, others in needs.items() if not others & set(needs) - {name}}:
        needs = {name: others for name, others in needs.items() if name not in ready}
    assert sorted(needs) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_read_in_one_go(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_what_a_text_names_is_read_after_a_look_in_files(path: Path) -> None:
    in_a_log = path.parent.name == "logs" and path.stem != "reading"  # which has looked
    if part(path) not in ("sources", "spec") or in_a_log:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            reads = node.func.attr in ("open", "read_bytes", "read_text")
            assert not reads or ast.unparse(node.func.value).startswith("checked("), path


def test_the_street_has_few_doors_and_few_floors() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= 8
    assert len(LAYERS) <= 11
    assert sorted(RANK) == sorted({part(path) for path in MODULES} - {ROOT})


def test_a_folder_says_in_a_line_what_it_makes_of_what() -> None:
    folders = [path for path in MODULES if path.name == "__init__.py" and path.parent != PACKAGE]
    for path in folders:
        words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        first, _, more = words.partition("\n")
        assert not more.partition("\n")[0], f"{path}: the first line stands alone"
        assert re.search(r"\b(to|from|out)\b", first), f"{path}: what it takes, and what it gives"


def test_tests_mirror_the_package() -> None:
    tests = Path(__file__).parent
    text = (tests / "README.md").read_text(encoding="utf-8")
    _, table, _ = re.split("<!-- /?behaviours -->", text)
    behaviours = set(re.findall(r"^\| `([^`]+)`", table, re.MULTILINE))
    own: set[str] = set()
    for path in tests.rglob("test_*.py"):
        relative = path.relative_to(tests)
        if relative.parts[0] == "attacks":
            continue
        module = PACKAGE / relative.with_name(relative.name.removeprefix("test_"))
        if not module.exists():
            own.add(relative.as_posix())
    assert behaviours == own, "a test of no one module: say in tests/README.md what it is about"


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
