"""Attack the readers with random text, specs and command lines.

    python -m tests.fuzz [--inputs 200000] [--seed 0]

Each input is read, built and simulated for a few updates in this process. A traceback (anything
but an LrvizError), more than 2 s, or more than 1 GiB is a failure: it is printed, and the exit code
is 1. What failed once becomes a file in tests/data/bad_specs.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lrviz import catalog
from lrviz.document import parse
from lrviz.errors import LrvizError
from lrviz.factory import build_schedule
from lrviz.overrides import Overrides
from lrviz.simulation import run
from lrviz.sources import load_all

SECONDS = 2.0
BYTES = 2**30
UPDATES = 20_000  # a longer training is read and built, and not simulated

NUMBERS = ["0", "-0.0", "1", "-1", "5", "1e-4", "1e308", "5e-324", ".inf", "-.inf", ".nan", "1e400"]
NUMBERS += [
    "9" * 400,
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
    folder = Path(__file__).parent / "data" / "bad_specs"
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
        return parse(rng.choice(NUMBERS), "n")
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


def inputs(rng: random.Random, texts: list[str]) -> tuple[str, Callable[[], str], str]:
    """Return one input: its kind, what runs it, and how to show it."""
    kind = rng.choice(["text", "text", "structured", "half-right", "half-right", "command"])
    if kind == "text":
        text = mutated(rng, texts)
        return kind, lambda: attempt_text(text), text
    if kind == "command":
        source = command(rng)
        return kind, lambda: attempt(source), source
    data = half_right(rng) if kind == "half-right" else structured(rng)
    source_data = data if isinstance(data, dict) else {"scheduler": data}
    return kind, lambda: attempt(source_data), json.dumps(source_data, default=repr)


def attempt_text(text: str) -> str:
    """Read YAML text as a file would be."""
    try:
        document = parse(text, "fuzz.yaml")
    except LrvizError:
        return "refused"
    return attempt(document if isinstance(document, dict) else {"scheduler": document})


def main() -> int:
    """Run the attack; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    failures, counts = attack(options.inputs, options.seed)
    for failure in failures:
        sys.stdout.write(f"{failure}\n\n")
    sys.stdout.write(f"{options.inputs:,} inputs: {dict(counts)}; {len(failures)} failures\n")
    return 1 if failures else 0


def attack(count: int, seed: int) -> tuple[list[str], Counter[str]]:
    """Try so many inputs; return the failures, and how often what happened."""
    rng, texts = random.Random(seed), seeds()
    failures: list[str] = []
    counts: Counter[str] = Counter()
    for _ in range(count):
        kind, go, shown = inputs(rng, texts)
        start = time.perf_counter()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                outcome = go()
        except Exception:  # noqa: BLE001
            outcome = "traceback"
            failures.append(f"--- {kind}\n{shown}\n{traceback.format_exc(limit=-3)}")
        if time.perf_counter() - start > SECONDS:
            failures.append(f"--- {kind}: {time.perf_counter() - start:.1f} s\n{shown}")
        counts[f"{kind} {outcome}"] += 1
    if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 > BYTES:
        failures.append("more than 1 GiB")
    return failures, counts


if __name__ == "__main__":
    sys.exit(main())
