"""Can every figure be read? Random figures, each measured as it is laid out.

    python -m tests.attacks.legibility --figures 200 --seed 0

Presets and recipes, alone and up to twelve together, in every style and many sizes, with every
option that changes what is drawn. See `tests/legible.py` for what counts as a failure. A figure
that is refused, with a size that has room, is none.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lrviz
from lrviz.catalog import preset_names
from lrviz.curves.trace import Trace
from lrviz.errors import UsageError
from lrviz.views.figure import FigureOptions, figure
from tests.legible import illegible

CONFIGS = Path(__file__).parents[2] / "configs"
SIZES = ((2, 2), (3.4, 2.4), (3, 4), (4, 3), (6, 4), (8, 5), (8, 3), (12, 6), None)
_LENGTHS = (60, 500, 10_000, 50_000)
KINDS = ("off the page", "lies on", "alike", "out of order")
_DENSE = (  # cycles: some of them are bands
    "CosineAnnealingWarmRestarts:T_0=0.5%",
    "CyclicLR:base_lr=0.01lr,max_lr=1lr,step_size_up=0.2%,mode=exp_range,gamma=0.9998",
    "CosineAnnealingWarmRestarts:T_0=5",
)
_COUNTS = (1, 1, 2, 2, 3, 4, 5, 6, 8, 12)


def drawings(figures: int, seed: int) -> Iterator[tuple[str, list[Trace], FigureOptions]]:
    """Yield what is drawn: in words, the traces and the options."""
    rng = random.Random(seed)
    recipes = sorted(CONFIGS.glob("*.yaml"))
    kept: dict[tuple[str, int, float], list[Trace]] = {}
    for _ in range(figures):
        steps, lr = rng.choice(_LENGTHS), rng.choice((0.1, 3e-4, 1.0, 2.3e-5))
        names = rng.sample(preset_names(), rng.choice(_COUNTS))
        if rng.random() < 0.15:
            names.append(rng.choice(_DENSE))
        if rng.random() < 0.2:
            names = [str(rng.choice(recipes))]
        traces: list[Trace] = []
        for name in names:
            key = name, steps, lr
            if key not in kept:
                kept[key] = _traces(*key)
            traces += kept[key]
        options = _options(rng)
        try:
            figure(traces, FigureOptions(x=options["x"]))
        except UsageError:
            options["x"] = None
        words = f"{' '.join(Path(name).stem for name in names)} of {steps}, lr {lr}, {options}"
        yield words, traces, FigureOptions(**options)


def _traces(name: str, steps: int, lr: float) -> list[Trace]:
    if name.endswith(".yaml"):
        return [lrviz.simulate(each) for each in lrviz.load(name)]
    return [lrviz.simulate(name, steps=steps, lr=lr)]


def _options(rng: random.Random) -> dict[str, Any]:
    return {
        "size": rng.choice(SIZES),
        "style": rng.choice(("light", "light", "dark", "paper", "ggplot")),
        "log": rng.random() < 0.3,
        "annotate": rng.random() < 0.5,
        "grid": rng.random() < 0.15,
        "groups": rng.choice(("ends", "ends", "all")),
        "x": rng.choice((None, None, "progress", "epoch")),
        "title": rng.choice((None, None, "A title of some words, which says what is seen here")),
        "font": rng.choice((None, None, "serif")),
    }


def main() -> int:
    """Draw, measure and count; return 1 where a figure cannot be read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figures", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    wrong, refused, kinds = 0, 0, Counter[str]()
    for words, traces, options in drawings(given.figures, given.seed):
        try:
            found = illegible(figure(traces, options))
        except UsageError as error:
            refused += 1
            tell(f"refused: {words}: {error}")
            continue
        wrong += bool(found)
        kinds.update(next(kind for kind in KINDS if kind in each) for each in found)
        if found:
            tell("\n    ".join([f"{words}:", *found[:6]]))
    tell(f"{given.figures} figures: {wrong} that cannot be read, {refused} refused; {dict(kinds)}")
    return int(wrong > 0)


def tell(text: str) -> None:
    """Write a line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
