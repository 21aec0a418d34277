"""Attack the readers and the commands with random text, specs and command lines.

    python -m tests.attacks.fuzz [--inputs 200000] [--seed 0] [--first 0] [--processes 48]

Half of the inputs are specs, SOURCEs, configs of other frameworks and logs (`fuzz_files.py`), which
are read, built and simulated for a few updates;
the others are whole command lines, which run through the real app in a folder of their own
(`fuzz_lines.py`). All are run in this process, and then some command lines as processes of their
own. A traceback, an exit code other than 0, 1 and 2, a 2 without `error:`, raw control characters
in the output, a file that nobody asked for, more than 2 s of the processor's time, or more than
1 GiB is a failure: it is printed, and the exit code is 1. What failed once becomes a file in
tests/data/bad_specs, or a test. Each input has a number, and seed and number give it again:
`--first N --inputs 1`.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import random
import resource
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lrviz import catalog, compare
from lrviz.building.factory import build_schedule
from lrviz.document import parse, unplaced
from lrviz.errors import LrvizError
from lrviz.simulation.loop import run
from lrviz.sources.loading import load_all
from lrviz.sources.overrides import Overrides
from tests.attacks import fuzz_files
from tests.attacks.fuzz_lines import (
    COMMANDS,
    Line,
    command_line,
    complaints,
    lay_out,
    listing,
    run_apart,
    run_here,
)
from tests.commands import Ran

SECONDS = 2.0
BYTES = 2**30
UPDATES = 20_000  # a longer training is read and built, and not simulated

NUMBERS = ["0", "-0.0", "1", "-1", "5", "1e-4", "1e308", "5e-324", ".inf", "-.inf", ".nan", "1e400"]
NUMBERS += [
    "9" * 400,
    "9" * 4301,
    "0x" + "f" * 4000,
    "3000",
    "1e12",
    "1_000",
    "0x10",
    "0o17",
    "1:30",
    "2001-01-01",
    "true",
    "no",
    "~",
    "1.5",
    "1e4",
]
WORDS = ["5%", "rest", "3ep", "500ba", "375Mtok", "0.1lr", "lr", "-5%", "1e9%", "999999999ep"]
WORDS += ["$warmup", "step", "1/step", "9**9**9", "step.__class__", "(" * 60, "[x for x in step]"]
WORDS += ["__import__('os')", "cosine", "onecycle", "plateau", "os.system", "torch.os.system"]
WORDS += [
    "{shape: noam, warmup: 0}",
    "\u202e",
    "[red]",
    "é\u0301",
    "😀",
    "*a",
    "&a x",
    "!!map {}",
    "''",
]
KEYS = ["train", "optimizer", "schedules", "scheduler", "schedulers", "interval", "frequency"]
KEYS += ["metric", "plot", "table", "check", "title", "type", "lr", "steps", "epochs", "tokens"]
KEYS += ["steps_per_epoch", "dataset_size", "batch_size", "groups", "count", "lr_decay", "begin"]
KEYS += ["end", "values", "curve", "noise", "file", "column", "milestones", "gamma", "step_size"]
KEYS += ["T_max", "eta_min", "max_lr", "total_steps", "lr_lambda", "shape", "warmup", "momentum"]
KEYS += ["betas", "last_epoch", "_target_", "class_path", "init_args", "<<", "at", "x", "ignore"]


def seeds() -> list[str]:
    """Return the texts that mutation starts from: recipes, presets, and specs that are wrong."""
    texts = [recipe.text for recipe in catalog.recipes()]
    texts += [f"train: {{steps: 50}}\n{preset.text}" for preset in catalog.presets()]
    folder = Path(__file__).parents[1] / "data" / "bad_specs"
    return texts + [path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())]


def mutated(rng: random.Random, texts: list[str]) -> str:
    """Return a seed with some characters, tokens or lines changed."""
    text = rng.choice(texts)
    for _ in range(rng.choice([1, 1, 2, 3, 8])):
        where = rng.randrange(len(text) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            text = (
                text[:where] + rng.choice("{}[]:,-#&*!|>'\"%@`\t\n \x00\x1b\ufeff🙂") + text[where:]
            )
        elif kind == 1:
            text = text[:where] + text[where + rng.randrange(1, 9) :]
        elif kind == 2:
            text = text[:where] + rng.choice([*NUMBERS, *WORDS]) + text[where:]
        elif kind == 3:
            lines = text.split("\n")
            lines.insert(rng.randrange(len(lines)), rng.choice(lines))
            text = "\n".join(lines)
        elif kind == 4:
            text = text.replace(rng.choice(KEYS), rng.choice(KEYS), 1)
        else:
            words = text.split(" ")
            words[rng.randrange(len(words))] = rng.choice([*NUMBERS, *WORDS])
            text = " ".join(words)
    return text


def structured(rng: random.Random, depth: int = 0) -> Any:
    """Return random data of the shape of a spec, more or less."""
    kind = rng.randrange(8 if depth < 5 else 5)
    if kind < 2:
        number = rng.choice(NUMBERS)
        return number if len(number) > 3500 else parse(number, "n")
    if kind < 4:
        return rng.choice([*WORDS, *catalog.names(), *catalog.optimizer_names()])
    if kind == 4:
        return rng.choice([True, None, 1, 2, 10, 0.1, 0.5])
    if kind == 5:
        return [structured(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(KEYS): structured(rng, depth + 1) for _ in range(rng.randrange(6))}


def half_right(rng: random.Random) -> Any:
    """Return a spec whose sections are there, with random data somewhere in them."""
    name = rng.choice(catalog.class_names())
    known = catalog.scheduler_class(name)
    arguments = {} if known is None else {each.name: None for each in known.signature}
    given = {key: structured(rng, 3) for key in arguments if rng.random() < 0.6}
    spec: dict[str, Any] = {
        "train": {"steps": rng.choice([1, 2, 30, 100])},
        "optimizer": {"type": rng.choice(catalog.optimizer_names()), "lr": 0.1},
        "scheduler": {"type": name, **given},
    }
    if rng.random() < 0.5:
        target = spec
        for _ in range(rng.randrange(3)):
            inner = [value for value in target.values() if isinstance(value, dict)]
            target = rng.choice(inner) if inner else target
        target[rng.choice(KEYS)] = structured(rng, 2)
    return spec


def command(rng: random.Random) -> str:
    """Return a SOURCE of the command line."""
    name = rng.choice([*catalog.names(), "nowhere.yaml", "a=b", "math:cos", "x.py:f", ""])
    arguments = []
    for _ in range(rng.randrange(4)):
        key = rng.choice([*KEYS, "T_0", "warmup", "pct_start", ""])
        arguments.append(f"{key}{rng.choice(['=', '=', '', '=='])}{rng.choice([*NUMBERS, *WORDS])}")
    text = name + rng.choice([":", ":", "", "#", "="]) + ",".join(arguments)
    return text if rng.random() < 0.8 else mutated(rng, [text or "x"])


def attempt(source: Any, **overrides: Any) -> str:
    """Read, build and simulate one input; return how it went."""
    try:
        loaded = load_all([source], Overrides(**overrides))
        for schedule in loaded.schedules[:4]:
            built = build_schedule(schedule)
            if built.length.updates <= UPDATES:
                run(built)
    except LrvizError as error:
        str(error).encode()
        return "refused"
    return "fine"


Input = tuple[str, Callable[[], str], object]  # its kind, what runs it, and how to show it

# How often a kind is tried.
KINDS = {"text": 4, "structured": 2, "half-right": 4, "source": 2, "command line": 16}
KINDS |= {"config": 3, "log": 1}


def make(rng: random.Random, texts: list[str], folder: Path, kinds: Mapping[str, int]) -> Input:
    """Return one input; command lines are run in `folder`."""
    [kind] = rng.choices(list(kinds), list(kinds.values()))
    if kind == "text":
        text = mutated(rng, texts)
        return kind, lambda: attempt_text(text), text
    if kind == "source":
        source = command(rng)
        return kind, lambda: attempt(source), source
    if kind == "config":
        path, said, shown = fuzz_files.config(rng, _made(folder), mutated)
        return kind, lambda: attempt(str(path), **said), shown
    if kind == "log":
        named, shown = fuzz_files.log(rng, _made(folder))
        return kind, lambda: attempt_log(named), shown
    if kind == "command line":
        line = random_line(rng, texts)
        return kind, lambda: attempt_line(line, folder, run_here), line
    data = half_right(rng) if kind == "half-right" else structured(rng)
    source_data = data if isinstance(data, dict) else {"scheduler": data}
    return kind, lambda: attempt(source_data), json.dumps(source_data, default=repr)


def random_line(rng: random.Random, texts: list[str]) -> Line:
    """Return a command line with the other kinds of input in it."""

    def text() -> str:
        kind = rng.randrange(6)
        if kind < 2:
            return rng.choice(texts)
        if kind < 4:
            return mutated(rng, texts)
        return json.dumps(unplaced(half_right(rng) if kind == 4 else structured(rng)), default=repr)

    return command_line(rng, [*NUMBERS, *WORDS], lambda: command(rng), text)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def attempt_log(source: str) -> str:
    """Read a log, and hold it against a plan."""
    try:
        compare("cosine", source, steps=100).sentence.encode()
    except LrvizError as error:
        str(error).encode()
        return "refused"
    return "fine"


class Complaint(Exception):
    """What is wrong with what a command line did."""


def attempt_line(line: Line, folder: Path, run: Callable[[Line, Path], Ran]) -> str:
    """Run a command line in a folder made anew; return its exit code, if nothing is wrong.

    What takes little is run again: what the cache holds then must give the same answer and files.
    """
    work = folder / "work"
    lay_out(work, line.files)
    before, begun = listing(folder), time.process_time()
    ran = run(line, work)
    after = listing(folder)
    found = "; ".join(complaints(line, ran, before, after))
    quick = time.process_time() - begun < SECONDS / 4
    tells = {"-v", "--verbose", "cache"} & {*line.args}  # whether something was kept
    if quick and not found and not tells:
        lay_out(work, line.files)
        again = run(line, work)
        if (again, listing(folder)) != (ran, after):
            found = f"another answer from the cache: {again}"
    if found:
        raise Complaint(f"{found}\n{ran.out[-2000:]!r}\n{ran.err[-4000:]}")
    command = line.args[0] if line.args[:1] and line.args[0] in COMMANDS else "none"
    return f"{command} {ran.code}"


def attempt_text(text: str) -> str:
    """Read YAML text as a file would be."""
    try:
        document = parse(text, "fuzz.yaml")
    except LrvizError:
        return "refused"
    return attempt(document if isinstance(document, dict) else {"scheduler": document})


class TooLong(BaseException):
    """An input took longer than it may; nothing on the way catches this."""


@contextmanager
def limited(seconds: float = SECONDS) -> Iterator[None]:
    """Raise TooLong within, after so much of the processor's time, or far more of the clock's."""

    def end(*_: object) -> None:
        raise TooLong(f"more than {seconds} s")

    timers = {signal.ITIMER_PROF: signal.SIGPROF, signal.ITIMER_REAL: signal.SIGALRM}
    before = {each: signal.signal(each, end) for each in timers.values()}
    # Again and again, as what is raised in a callback of the collector is ignored.
    signal.setitimer(signal.ITIMER_PROF, seconds, seconds / 10)
    # By the clock far later: this process may not be the only one.
    signal.setitimer(signal.ITIMER_REAL, 10 * seconds, seconds)
    try:
        yield
    finally:
        for timer in timers:
            signal.setitimer(timer, 0)
        for each, handler in before.items():
            signal.signal(each, handler)


def attack(
    count: int, seed: int, first: int = 0, kinds: Mapping[str, int] = KINDS
) -> tuple[list[str], Counter[str]]:
    """Try so many inputs; return the failures, and how often what happened."""
    texts, failures = seeds(), Failures()
    counts: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        # What takes longer than an input may; and rich_utils looks at FORCE_COLOR only once.
        for name in (
            "lrviz.views.figure",
            "lrviz.gallery.pages",
            "transformers.optimization",
            "typer.rich_utils",
        ):
            import_module(name)
        most = max(BYTES, peak() + BYTES // 4)  # a test run may have had more before
        for number in range(first, first + count):
            rng = random.Random(f"{seed} {number}")
            kind, go, shown = make(rng, texts, Path(folder) / "a" / "b", kinds)
            outcome = "failed"
            faulthandler.dump_traceback_later(60, exit=True)  # C code may see no signal
            try:
                with warnings.catch_warnings(), limited():
                    warnings.simplefilter("ignore")
                    outcome = go()
            except (Exception, TooLong):  # noqa: BLE001
                failures.add(f"{number}, {kind}", shown)
            counts[f"{kind}: {outcome}"] += 1
            if peak() > most and not failures.large:
                failures.large = True
                failures.add(f"{number}, {kind}: more than 1 GiB", shown)
            if count > 10_000 and number % 10_000 == 0:
                sys.stderr.write(f"{number:,}: {len(failures.kinds)} kinds of failures\n")
        faulthandler.cancel_dump_traceback_later()
    return failures.texts(), counts


def attack_apart(count: int, seed: int) -> tuple[list[str], Counter[str]]:
    """Try so many command lines as processes of their own, as `attack` does."""
    texts, failures = seeds(), Failures()
    counts: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        for number in range(count):
            line = random_line(random.Random(f"{seed} apart {number}"), texts)
            outcome = "failed"
            try:
                outcome = attempt_line(line, Path(folder) / "a" / "b", run_apart)
            except Exception:  # noqa: BLE001
                failures.add(f"{number}, apart", line)
            counts[f"apart: {outcome}"] += 1
    return failures.texts(), counts


class Failures:
    """What failed, one example for each place in the code, and how often it did."""

    def __init__(self) -> None:
        self.kinds: dict[str, str] = {}
        self.counts: Counter[str] = Counter()
        self.large = False

    def add(self, what: str, shown: object) -> None:
        """Add the exception that is being handled, and the input that it came of."""
        text = traceback.format_exc(limit=-4)
        kind, error, trace = sys.exc_info()
        lines = traceback.extract_tb(trace)
        where = f"{lines[-1].filename}:{lines[-1].lineno}" if lines else what.partition(":")[2]
        key = str(error).split("\n")[0] if kind is Complaint else f"{kind} {where}"
        if key not in self.kinds:
            self.kinds[key] = f"--- {what}\n{str(shown)[:5000]}\n{text[:8000]}"
            sys.stderr.write(f"{what}: {key}\n")  # a long run need not end before it is looked at
        self.counts[key] += 1

    def texts(self) -> list[str]:
        """Return an example of each kind, the most frequent first."""
        return [f"{self.kinds[key]}({count} times)" for key, count in self.counts.most_common()]


def peak() -> int:
    """Return the most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> int:
    """Run the attack; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--processes", type=int, default=48)
    options = parser.parse_args()
    failures, counts = attack(options.inputs, options.seed, options.first)
    more, apart = attack_apart(options.processes, options.seed)
    failures += more
    for failure in failures:
        sys.stdout.write(f"{failure}\n\n")
    for outcome, count in sorted((counts + apart).items()):
        sys.stdout.write(f"{count:8,}  {outcome}\n")
    sys.stdout.write(
        f"{options.inputs:,} inputs, {options.processes} processes, {peak() / 2**20:.0f} MiB; "
        f"{len(failures)} kinds of failures\n"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
