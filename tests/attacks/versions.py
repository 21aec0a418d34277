"""Run the tests on other releases of what lrviz needs, and on other Pythons.

    python -m tests.attacks.versions [lowest] [newest] [3.12] [3.13]

`lowest` is the first release of each dependency that pyproject.toml admits, `newest` the last one;
torch is the running Python's in both. Another Python has the newest releases, and no torch: what
needs it is left out (`without_torch.py`). Each is a new virtual environment and a copy of the tree,
in a temporary folder. The exit code is 1 if a test failed, or an environment could not be made.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.attacks.mutants import ROOT, copied
from tests.attacks.without_torch import stand_in

EXTRAS = ("mkdocs", "sphinx", "transformers", "watch")
TOOLS = ("hypothesis", "jsonschema", "pytest")  # of the extra `dev`; the others check code
TORCH = version("torch").partition("+")[0]  # no local version: any build of the release fits


@dataclass(frozen=True)
class Environment:
    """What the tests run in.

    Attributes:
        name: As on the command line.
        python: The interpreter.
        torch: The release that is installed; None for a stand-in.
        pins: Constraints for pip.
        options: Of pytest.
    """

    name: str
    python: str
    torch: str | None
    pins: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def main() -> int:
    """Run the tests in each environment; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="lowest, newest, 3.12, 3.13")
    names = parser.parse_args().names or ["lowest", "newest", "3.12", "3.13"]
    lines, failed = [], False
    for name in names:
        found = environment(name)
        if found is None:
            lines.append(f"{name}: no such Python here")
            continue
        with tempfile.TemporaryDirectory() as folder:
            said, good = tried(found, Path(folder))
        lines.append(f"{name}: {said}")
        failed |= not good
    sys.stdout.write("\n" + "".join(f"{line}\n" for line in lines))
    return 1 if failed else 0


def environment(name: str) -> Environment | None:
    """Return the environment of this name; None where its Python is not here."""
    if name == "lowest":
        pins = tuple(lowest(each) for each in requirements())
        # What old releases call in newer ones that they did not know may be deprecated there.
        quiet = ("-W", "ignore::DeprecationWarning")
        return Environment(name, sys.executable, TORCH, pins, quiet)
    if name == "newest":
        return Environment(name, sys.executable, TORCH)
    python = interpreter(name)
    if python is None:
        return None
    return Environment(name, python, None, options=("-p", "tests.attacks.without_torch"))


def requirements() -> list[str]:
    """Return what pyproject.toml asks for, with bounds: to run, for the extras, for the tests."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    found = [*project["dependencies"], *(each for name in EXTRAS for each in extras[name])]
    found += [each for each in extras["dev"] if named(each) in TOOLS]
    return [each for each in found if named(each) != "torch"]


def named(requirement: str) -> str:
    """Return the name of what is required."""
    return re.split(r"[^\w.-]", requirement)[0]


def lowest(requirement: str) -> str:
    """Return the constraint for the first release that is admitted.

    >>> lowest("numpy>=1.26")
    'numpy==1.26'
    """
    name, _, bound = requirement.partition(">=")
    if not re.fullmatch(r"[\d.]+", bound):
        raise ValueError(f"{requirement}: not of the form name>=1.2")
    return f"{name}=={bound}"


def interpreter(release: str) -> str | None:
    """Return a Python of this release that runs: one on PATH, or one of pyenv's."""
    if not re.fullmatch(r"3\.\d+", release):
        raise SystemExit(f"{release}: give lowest, newest, or the release of a Python such as 3.12")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    here = [shutil.which(f"python{release}"), *sorted(pyenv.glob(f"{release}.*/bin/python"))]
    for path in here:
        # A shim of pyenv's may be there, and not run.
        if path and subprocess.run([path, "-c", ""], capture_output=True).returncode == 0:
            return str(path)
    return None


def tried(chosen: Environment, folder: Path) -> tuple[str, bool]:
    """Make an environment and run the tests; return what to say of it, and whether all is well."""
    tree, python = copied(folder), str(folder / "venv" / "bin" / "python")
    sys.stdout.write(f"\n== {chosen.name}: {chosen.python}\n")
    sys.stdout.flush()
    try:
        installed(chosen, folder, tree, python)
    except subprocess.CalledProcessError as error:
        return f"could not be installed: {error}", False
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen.options],
        cwd=tree,
        env=own_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    sys.stdout.write(done.stdout)
    last = done.stdout.rstrip().rpartition("\n")[2]
    counts = re.findall(r"(\d+) (passed|failed|skipped|error)", last)
    number = {"passed": "0", "failed": "0", **{word: count for count, word in counts}}
    result = ", ".join(f"{int(count):,} {word}" for word, count in number.items())
    if left_out := re.search(r".* left out: .*", done.stdout):
        result += f" ({left_out[0]})"
    return f"{versions(python)}: {result}", done.returncode == 0


def installed(chosen: Environment, folder: Path, tree: Path, python: str) -> None:
    """Install lrviz from the tree, with what it needs.

    Raises:
        subprocess.CalledProcessError: pip refused.
    """
    run([chosen.python, "-m", "venv", str(folder / "venv")])
    torch = chosen.torch
    if torch is None:
        # The local version is in no index: pip can only take what lies there.
        torch = f"{TORCH}+text"
        [site] = folder.glob("venv/lib/*/site-packages")
        stand_in(site, torch)
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join([*chosen.pins, f"torch=={torch}"]), encoding="utf-8")
    wanted = [f"{tree}[{','.join(EXTRAS)}]", *TOOLS]
    run([python, "-m", "pip", "install", "-q", "-c", str(constraints), *wanted])


def run(command: list[str]) -> None:
    """Run a command that must succeed."""
    subprocess.run(command, check=True, env=own_environment())


def own_environment() -> dict[str, str]:
    """Return the environment variables without what would bring in other packages."""
    return {key: each for key, each in os.environ.items() if not key.startswith("PYTHON")}


def versions(python: str) -> str:
    """Return the Python of an environment, and its releases of what lrviz asks for."""
    code = (
        "import json, platform, sys; from importlib.metadata import version as v;"
        "print(json.dumps([platform.python_version(), *(f'{n} {v(n)}' for n in sys.argv[1:])]))"
    )
    names = ["torch", *map(named, requirements())]
    done = subprocess.run([python, "-c", code, *names], capture_output=True, text=True, check=True)
    release, *others = json.loads(done.stdout)
    return f"Python {release}, {', '.join(others)}"


if __name__ == "__main__":
    sys.exit(main())
