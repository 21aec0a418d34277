"""Random command lines for `tests.attacks.fuzz`: how they are made, run and judged."""

from __future__ import annotations

import io
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from unittest.mock import patch

from typer.main import get_command

from lrviz import catalog
from lrviz.checking import rules
from lrviz.cli.app import app
from tests.attacks.test_hostile import ON_COMMAND_LINES, RAW
from tests.commands import Ran

ROOT = Path(__file__).parents[2]
TEMPORARY = re.compile(r"\.lrviz-.*|.*\.tmp")
APART_SECONDS = 6.0  # 2 s, and what it takes to start with torch and matplotlib
COLOURS = re.compile("\x1b\\[[0-9;]*m")  # what FORCE_COLOR asks for

CODE = """\
import torch

def make(optimizer, steps):
    return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)

def plain(step):
    return 1 / (step + 1)

def raises(optimizer):
    raise RuntimeError("\\x1b[31mno\\nway")

def nothing(optimizer):
    return None

value = 1
"""
FILES = {
    "good.yaml": "train: {steps: 60}\noptimizer: {type: SGD, lr: 0.1, momentum: 0.9}\n"
    "scheduler: {type: CosineAnnealingLR, T_max: 20}\n",
    "two.yaml": "train: {epochs: 6, steps_per_epoch: 10}\nschedules:\n"
    "  a: {interval: epoch, scheduler: {type: MultiStepLR, milestones: [2, 4]}}\n"
    "  b: {scheduler: {type: OneCycleLR, max_lr: 0.1, total_steps: 30}}\n"
    "  c: {interval: epoch, metric: {file: val.csv, column: loss}, scheduler: plateau}\n",
    "specs/one.lrviz.yaml": "train: {steps: 9}\nscheduler: cosine\n",
    "specs/deep/other.json": '{"train": {"steps": 9}, "scheduler": "step"}',
    "specs/gallery.md": "# Specs\n\n<b>Some</b>.\n",
    "val.csv": "epoch,loss\n0,1.0\n1,0.9\n2,\n3,0.9\n4,nan\n5,x\n",
    "train.py": CODE,
    "wrong.py": "def make(:\n",
    "own.mplstyle": "lines.linewidth: 3\n",
    "cosine.png": "not lrviz's",
    "notes.txt": "mine",
    "empty/.keep": "",
}

SOURCES = ["good.yaml", "good.yaml", "two.yaml", "two.yaml#a", "two.yaml#b", "x=good.yaml"]
SOURCES += ["l=two.yaml#b", "train.py:make", "train.py:plain", "StepLR:step_size=7", "x=cosine"]
SOURCES += ["multistep:milestones=3,50%,gamma=0.5", "OneCycleLR:max_lr=1,total_steps=9", "sgdr"]
SOURCES += ["LambdaLR:lr_lambda='0.9 ** step'", "CosineAnnealingLR:T_max=rest,eta_min=0.1lr"]
FUZZED = ["fuzz.yaml", "fuzz.yaml", "fuzz.json", "fuzz.yaml#a", "-"]
ODD_SOURCES = [
    "specs",
    "empty",
    "nowhere.yaml",
    "two.yaml#z",
    "train.py:raises",
    "train.py:nothing",
]
ODD_SOURCES += [
    "train.py:value",
    "train.py:no",
    "wrong.py:make",
    "math:cos",
    "nowhere:f",
    "notes.txt",
]
ODD_SOURCES += ["l=two.yaml", "preset:*", "=", "x=", "=x", "x=-", "--", "", ":", "#", "good.yaml#"]
NAMES = [
    "out.png",
    "out.svg",
    "out.pdf",
    "out.PNG",
    "empty/out.svg",
    "../out.png",
    "out",
    "a b.png",
]
ODD_NAMES = [
    "out.jpg",
    "",
    ".",
    "..",
    "no/out.png",
    "specs",
    "good.yaml",
    "notes.txt/x.png",
    ".png",
]
ODD_NAMES += ["-.png", "cosine.png", "x" * 300 + ".png", "a\x1b[31m.svg", "\u202e.png", "~/x.png"]

Values = tuple[Sequence[str], Sequence[str]]  # what fits, and what may not

TRAINING: dict[str, Values] = {
    "--steps": (["1", "2", "30", "100", "1e3"], ["0", "-1", "1.5", "9" * 400, "1e308", "nan"]),
    "--lr": (["0.1", "3e-4", "1", "0"], ["-1", "inf", "nan", "1e308", "5e-324", "lr", "9" * 5000]),
    "--optimizer": (["Adam", "AdamW", "SGD", "LBFGS", "SparseAdam"], ["adam", "os.system", ""]),
    "--interval": (["step", "epoch"], ["epochs", ""]),
    "--set": (
        ["scheduler.gamma=0.5", "train.steps=20", "optimizer.lr=1e-3", "scheduler.T_max=rest"],
        ["=", "a", ".=1", "a..b=1", "schedules=1", "train=1", "scheduler=", "optimizer=[1]"],
    ),
    "--epochs": (["1", "2.5", "3"], ["0", "-1", "inf", "1e-320", "1e308", "x"]),
    "--steps-per-epoch": (["1", "7", "10"], ["0", "1.5", "1e308", "9" * 400]),
    "--force": ([], []),
    "-q": ([], []),
    "-v": ([], []),
}
SHOWN: dict[str, Values] = {
    "--param": (["lr", "momentum", "weight_decay", "betas"], ["", "params", "x"]),
}
AT: dict[str, Values] = {
    "--at": (
        ["0", "50%", "last", "after", "0,5,last", "2ep", "peak", "all"],
        ["-1", "", ",", "1e9", "101%", "3ba", "1Mtok", "rest", "9" * 400, "all,all", "1e308%"],
    ),
}
FIGURE: dict[str, Values] = {
    "--x": (["step", "epoch", "progress", "tokens"], ["time", ""]),
    "--log": ([], []),
    "--linear": ([], []),
    "--size": (["4x3", "3.4X2"], ["0x0", "1x1", "1e9x1", "9" * 400 + "x1", "axb", "999x1", ""]),
    "--dpi": (["50", "72"], ["0", "1", "1e9", "-1", "nan", "1e308", "9" * 400]),
    "--title": (["A title"], ["", " "]),
    "--style": (
        ["light", "dark", "paper", "own.mplstyle"],
        ["drak", "", "no.mplstyle", "notes.txt"],
    ),
    "--font": (["sans", "serif"], ["mono"]),
    "--annotate": ([], []),
    "--grid": ([], []),
    "--groups": (["ends", "all"], ["none"]),
}
PICTURE = ("--size", "--dpi", "--title", "--style", "--font", "--annotate", "--grid", "--check")
OUTPUT: dict[str, Values] = {"-o": (NAMES, ODD_NAMES)}
CODES = [rule.code for rule in rules.RULES]
RULES: dict[str, Values] = {
    "--select": ([*CODES, "LRV2,LRV3", "rebound"], ["", "LRV", "LRV999", ","]),
    "--ignore": ([*CODES, "LRV2,LRV3", "rebound"], ["", "LRV", "LRV999", ","]),
    "--fail-on": (["info", "warning", "error"], ["never"]),
    "--fix": ([], []),
    "--diff": ([], []),
    "--format": (["text", "json", "github"], ["csv", ""]),
}
TABLES = ["plain", "markdown", "rich", "csv", "json"]
# How often each is tried, and its options. A figure costs as much as ten tables: they are rare.
COMMANDS: dict[str, tuple[int, dict[str, Values]]] = {
    "table": (30, {**TRAINING, **SHOWN, **AT, "--format": (TABLES, ["text", ""])}),
    "check": (22, {**TRAINING, **RULES}),
    "plot": (14, {**TRAINING, **SHOWN, **FIGURE, **OUTPUT, "--check": ([], [])}),
    "compare": (
        12,
        {**TRAINING, **SHOWN, **AT, **FIGURE, **OUTPUT, "--exit-code": ([], [])}
        | {"--format": (TABLES[:3], ["csv"])},
    ),
    "gallery": (
        2,
        {**TRAINING, **SHOWN, "-o": (["g", "empty", "."], ["good.yaml", "no/way", ""])}
        | {"--png": ([], []), "--title": (["A title"], [""]), "--check": ([], [])},
    ),
    "info": (5, {}),
    "init": (5, {"-o": (["own.yaml", "empty/own.yaml"], ODD_NAMES), "--force": ([], [])}),
    "rule": (4, {}),
    "list": (1, {}),
    "schema": (1, {}),
    "": (2, {"--version": ([], []), "--help": ([], [])}),
    "plto": (2, {}),
}
DRAWS = 0.04  # of plot and compare; the others draw in the terminal


@dataclass(frozen=True)
class Line:
    """A command line, and where it is run."""

    args: tuple[str, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    stdin: str = ""
    env: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        shown = {"args": self.args, "files": self.files, "stdin": self.stdin, "env": self.env}
        return json.dumps(shown, ensure_ascii=True, default=str)


def command_line(
    rng: random.Random, hostile: Sequence[str], source: Callable[[], str], text: Callable[[], str]
) -> Line:
    """Return a random command line.

    Args:
        rng: What decides.
        hostile: What is tried as any value.
        source: Gives a random SOURCE.
        text: Gives the random text of a spec.
    """
    names = list(COMMANDS)
    [name] = rng.choices(names, [COMMANDS[each][0] for each in names])
    options = COMMANDS[name][1]
    charts = name in ("plot", "compare") and rng.random() > DRAWS
    if charts and rng.random() < 0.9:
        options = {key: options[key] for key in options if key not in PICTURE}
    words = [*hostile, *ON_COMMAND_LINES.values()]

    def value(good: Sequence[str], odd: Sequence[str]) -> str:
        kind = rng.random()
        return rng.choice(good if kind < 0.86 or not odd else odd if kind < 0.93 else words)

    args: list[str] = []
    for option in rng.sample(list(options), min(len(options), rng.choice([0, 1, 1, 2, 3, 6]))):
        good, odd = options[option]
        if not good:
            args.append(option)
        elif option == "--set" and rng.random() < 0.4:
            keys = rng.choices(["train", "scheduler", "optimizer", "metric", *words], k=2)
            form = rng.choice(["{}", "{}", "[{}]", "'{}'", "{{a: {}}}"])
            args += [option, f"{'.'.join(keys)}={form.format(rng.choice(words))}"]
        elif option.startswith("--") and rng.random() < 0.2:
            args.append(f"{option}={value(good, odd)}")
        else:
            args += [option, value(good, odd)]
    operands: list[str] = []
    if name in ("table", "check", "plot", "compare", "gallery"):
        count = rng.choices(range(5), [1, 20, 10, 1, 1] if name != "compare" else [0, 1, 20, 4, 1])[
            0
        ]
        for _ in range(count):
            kinds: list[Callable[[], str]] = [
                lambda: rng.choice(catalog.preset_names()),
                lambda: rng.choice(SOURCES),
                lambda: rng.choice(FUZZED),
                lambda: rng.choice(catalog.class_names()),
                lambda: rng.choice(ODD_SOURCES),
                lambda: f"{rng.choice(words)}={rng.choice(SOURCES)}",
                source,
                lambda: rng.choice(words),
            ]
            [kind] = rng.choices(kinds, [20, 20, 10, 3, 3, 2, 3, 1])
            operands.append(kind())
        if name == "gallery":  # the figures of all presets take longer than an input may
            operands = [each.replace("preset:*", "cosine") for each in operands]
        if "--steps" not in args and "--epochs" not in args:  # a recipe may be long
            args += ["--steps", rng.choice(["5", "100", "300"])]
        if "--epochs" in args and "--steps-per-epoch" not in args:
            args += ["--steps-per-epoch", "9"]
    elif name in ("info", "rule", "init") and rng.random() < 0.9:
        known = {"info": catalog.names(), "rule": CODES, "init": catalog.recipe_names()}[name]
        operands.append(value(known, ["cosin", "vit", "LRV", "", "x.yaml"]))
    if name in ("plot", "compare"):
        if charts:
            args = [*_without(args, "-o"), rng.choice(["--terminal", "--terminal", "--ascii"])]
        elif "--size" not in args:
            args += ["--size", "4x3"]
    if rng.random() < 0.03:
        args.append(rng.choice([*words, "--hlep", "--help", "-z", "--steps", "--trsut"]))
    args = [*operands, *args] if rng.random() < 0.5 else [*args, *operands]
    files = {"fuzz.yaml": text(), "fuzz.json": text()}
    if rng.random() < 0.1:
        files["lrviz.yaml"] = text()
    env = {}
    if rng.random() < 0.3:
        env["COLUMNS"] = rng.choice(["20", "40", "200", "1", "0", "-5", "x", "100000"])
    if rng.random() < 0.1:
        env["FORCE_COLOR"] = "1"
    line = [name, *args] if name else args
    line = [each.replace("\0", "") for each in line if each not in ("--trust", "--watch", "--show")]
    return Line(tuple(line), files, text() if "-" in operands else "", env)


def _without(args: list[str], option: str) -> list[str]:
    while option in args:
        where = args.index(option)
        args = args[:where] + args[where + 2 :]
    return args


def lay_out(folder: Path, files: Mapping[str, str]) -> None:
    """Make a folder of exactly these files."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in {**FILES, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))


def listing(folder: Path) -> dict[str, bytes]:
    """Return what is in a folder and all below it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b"/"
        for path in folder.rglob("*")
    }


@cache
def _command() -> Any:
    return get_command(app)


def run_here(line: Line, folder: Path) -> Ran:
    """Run a command line in this process, in a folder made anew for it."""
    before = Path.cwd()
    raw = [io.BytesIO(), io.BytesIO()]
    out, err = (io.TextIOWrapper(each, "utf-8", errors="replace") for each in raw)
    given = io.TextIOWrapper(io.BytesIO(line.stdin.encode("utf-8", "surrogatepass")), "utf-8")
    with ExitStack() as stack:
        for each in (redirect_stdout(out), redirect_stderr(err), patch("sys.stdin", given)):
            stack.enter_context(each)
        stack.enter_context(patch.dict(os.environ, _environment(line, folder), clear=True))
        stack.enter_context(patch("sys.dont_write_bytecode", True))
        stack.callback(os.chdir, before)
        os.chdir(folder)
        try:
            code = _command().main(args=list(line.args), prog_name="lrviz")
        except SystemExit as end:
            code = end.code
        except Exception:  # noqa: BLE001
            code = 99
            traceback.print_exc(limit=-4)
        for stream in (out, err):
            stream.flush()
    return Ran(code, *(each.getvalue().decode("utf-8", "replace") for each in raw))


def run_apart(line: Line, folder: Path) -> Ran:
    """Run a command line as a process of its own, with the limits of one."""
    with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
        given.write(line.stdin.encode("utf-8", "surrogatepass"))
        given.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-m", "lrviz", *map(os.fsencode, line.args)],
            stdin=given,
            stdout=out,
            stderr=err,
            cwd=folder,
            env={
                **_environment(line, folder),
                "PYTHONPATH": str(ROOT),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            preexec_fn=_limit,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
    if used.ru_utime + used.ru_stime > APART_SECONDS or used.ru_maxrss * 1024 > 2**30:
        texts[1] += f"Traceback: {used.ru_utime + used.ru_stime:.1f} s, {used.ru_maxrss:,} KiB"
    return Ran(process.returncode, *texts)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
    resource.setrlimit(resource.RLIMIT_DATA, (4 * 2**30, 4 * 2**30))


def _environment(line: Line, folder: Path) -> dict[str, str]:
    plain = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS")}
    # What is kept lies beside what is compared before and after.
    return {**plain, "LRVIZ_CACHE_DIR": str(folder.parents[1] / "cache"), **line.env}


def complaints(
    line: Line, ran: Ran, before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> Iterator[str]:
    """Yield what is wrong with what a command line did.

    Args:
        line: What was run.
        ran: What it said.
        before: What was in the folder above the one it was run in, by `listing`.
        after: The same afterwards.
    """
    if "Traceback" in ran.err and "-v" not in line.args:
        yield "a traceback"
    if ran.code not in (0, 1, 2):
        yield f"exit code {ran.code}"
    said = re.search(r"^error: ", COLOURS.sub("", ran.err), re.MULTILINE)
    if ran.code == 2 and not said:
        yield "exit code 2 without an error"
    if ran.code == 0 and said:
        yield "an error with exit code 0"
    for text in (ran.out, ran.err):
        text = COLOURS.sub("", text) if "FORCE_COLOR" in line.env else text
        if raw := RAW.search(text):
            yield f"{raw[0]!r} is shown raw"
        if len(text) > 2_000_000 and line.env.get("COLUMNS") != "100000":
            yield f"{len(text):,} characters of output"
    if len(max(ran.err.split("\n"), key=len)) > 4 * max(map(len, line.args), default=0) + 4000:
        yield "a message of many thousand characters"
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    for name in sorted(changed):
        if not _asked(line, name, ran.code, new=name not in before):
            yield f"{name} was written, changed or removed"


def _asked(line: Line, name: str, code: int, *, new: bool) -> bool:
    """Tell whether a command line may write the file `name`, of the folder above its own."""
    command = line.args[0] if line.args else ""
    if TEMPORARY.fullmatch(Path(name).name) or ("--check" in line.args and command == "gallery"):
        return False
    named = [
        arg.partition("=")[2] if arg.startswith("--output=") else line.args[index + 1]
        for index, arg in enumerate(line.args[:-1])
        if arg == "-o" or arg.startswith("--output=")
    ]
    targets = {os.path.normpath(os.path.join("work", each)) for each in named}  # noqa: PTH118
    match command:
        case "plot" | "compare":
            own = not targets and new and name.endswith(".png")
            return code != 2 and (name in targets or own)
        case "gallery":
            folders = targets or {"work/gallery"}
            within = (f"{name}/".startswith(f"{each}/") for each in folders)
            above = (each.startswith(f"{name}/") for each in folders)
            return any((*within, *above))
        case "init":
            targets = targets or {"work/lrviz.yaml"}
            data = {os.path.normpath(f"{each}/../data") for each in targets}  # of a metric
            return name in targets or name in data or Path(name).parent.as_posix() in data
        case "check":
            return "--fix" in line.args and name.endswith((".yaml", ".json"))
    return False
