"""gallery/verdicts/ shows what a run may have made of a plan; `--update-golden` writes it anew."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import lrviz as package
from lrviz.gallery.pages import STYLES
from lrviz.views.text.index import linked
from tests.attacks.diagnoses import happened
from tests.commands import lrviz
from tests.pages import hold

PAGE = Path(__file__).parents[2] / "gallery" / "verdicts"
UPDATES, PER_EPOCH = 1000, 100
COSINE = "scheduler: {type: warmup-cosine, warmup: 50}\n"
STEPS = "interval: epoch\nscheduler: {type: StepLR, step_size: 3, gamma: 0.3}\n"
PLAN = (
    f"train: {{epochs: {UPDATES // PER_EPOCH}, steps_per_epoch: {PER_EPOCH}}}\n"
    "optimizer: {type: AdamW, lr: 0.001}\n"
)
TOP = """\
<!-- Made by python -m pytest --update-golden tests/gallery/test_verdicts_page.py -->
# What a run made of its plan

The line is the plan, the dots are what a run logged, and below stands what `lrviz compare PLAN LOG`
says of the two. Log the learning rate, and hold it against the plan: a cause is named only where it
explains every logged value. Each run here has 1,000 updates in 10 epochs, and logs every tenth.

"""


@dataclass(frozen=True)
class Case:
    """One verdict.

    Attributes:
        name: Of the log, and of the figures.
        title: What one sees.
        about: How it comes about.
        fault: As of `tests.attacks.diagnoses`, `family`, `short`, or nothing.
        cause: The name of the cause that must be found; empty where the log is equal.
        number: Of the fault.
        at: Where it happens.
        plan: The plan's scheduler.
    """

    name: str
    title: str
    about: str
    fault: str
    cause: str
    number: int = 0
    at: int = 0
    plan: str = COSINE


CASES = (
    Case("equal", "As planned", "Every logged value is the plan's, to the bit.", "none", ""),
    Case(
        "short",
        "It ends early",
        "The values are right, and the run did not go on: it is still running, or was stopped.",
        "short",
        "",
    ),
    Case(
        "anew",
        "It begins again in the middle",
        "A run was resumed from a checkpoint that had no scheduler in it: the warmup comes twice.",
        "anew",
        "anew",
        at=400,
    ),
    Case(
        "remapped",
        "It jumps where the run was resumed",
        "It was resumed with more epochs, and a function of the step knows of no other length.",
        "remapped",
        "remapped",
        number=1500,
        at=400,
    ),
    Case(
        "behind",
        "It falls behind by a few updates",
        "A gradient scaler skips updates that overflow, and the scheduler is not stepped then.",
        "behind",
        "behind",
        number=7,
        at=300,
    ),
    Case(
        "fast",
        "It is over too early, and comes back",
        "The scheduler is stepped once in each of four processes, or four times an update. Behind"
        " its end a cosine goes up again.",
        "fast",
        "fast",
        number=4,
    ),
    Case(
        "batches",
        "It is too fast, and not at 0 in the first update",
        "The scheduler is stepped after each batch, and four batches make an update.",
        "batches",
        "fast",
        number=4,
    ),
    Case(
        "per-update",
        "It has died in the first epoch",
        "The plan steps once an epoch, the run once an update.",
        "fast",
        "fast",
        number=PER_EPOCH,
        plan=STEPS,
    ),
    Case(
        "per-epoch",
        "It hardly rises",
        "The plan steps once an update, the run once an epoch: the warmup takes fifty epochs.",
        "slow",
        "slow",
        number=PER_EPOCH,
    ),
    Case(
        "slow",
        "It is too slow, and ends high",
        "The scheduler is stepped once in two updates, or its lengths are counted in half batches.",
        "slow",
        "slow",
        number=2,
    ),
    Case(
        "length",
        "It has another end",
        "The run's own length was another: fewer updates an epoch, as on more devices.",
        "length",
        "length",
        number=1600,
    ),
    Case(
        "warmup",
        "It has another warmup",
        "The warmup counts something else, or a framework rounds it in its own way.",
        "warmup",
        "warmup",
        number=200,
    ),
    Case(
        "peak",
        "It has another height",
        "The rate was multiplied, as by the number of devices.",
        "peak",
        "peak",
        number=2,
    ),
    Case(
        "early",
        "It is one update ahead",
        "The log has the rate of the next update, as some frameworks write it: no fault of it.",
        "early",
        "early",
    ),
    Case(
        "late",
        "It is one update late",
        "The first value is used twice: the scheduler was stepped before it was to be.",
        "late",
        "late",
    ),
    Case(
        "family",
        "It is another curve",
        "The run had another schedule of the same length and height: here a line.",
        "family",
        "family",
        plan="scheduler: cosine\n",
    ),
)


def values(case: Case) -> np.ndarray:
    """Return what each update of the run used."""
    [plan] = package.load("plan.yaml")
    if case.fault == "family":
        return package.simulate("linear", steps=UPDATES, lr=0.001).lr[:, 0]
    fault = "none" if case.fault == "short" else case.fault
    found = happened(plan, fault, case.number, case.at)
    assert found is not None
    return found[:640] if case.fault == "short" else found


def section(case: Case) -> str:
    """Return what the page says of one verdict; draw its pictures into the current folder."""
    Path("plan.yaml").write_text(PLAN + case.plan, encoding="utf-8")
    used, log = values(case), f"{case.name}.csv"
    rows = (f"{t},{float(used[t])!r}" for t in range(9, len(used), 10))
    Path(log).write_text("\n".join(["step,lr", *rows]) + "\n", encoding="utf-8")
    for style in STYLES:
        picture = f"{case.name}-{style}.svg"
        how = ("--style", style, "--size", "6x4", "-o", picture)
        ran = lrviz("plot", "plan.yaml", f"the run={log}", "-q", *how)
        assert (ran.code, ran.out) == (0, "")
    said = lrviz("compare", "plan.yaml", log, "-q", "-o", "one.png", COLUMNS="100").out
    verdict = said.partition("\n\n")[0]
    return f"""
## {case.title}

{linked(case.about)}

<picture>
  <source media="(prefers-color-scheme: dark)" srcset="{case.name}-dark.svg">
  <img alt="{case.title}: the plan as a line, the logged learning rates as dots"
       src="{case.name}-light.svg">
</picture>

```console
$ lrviz compare plan.yaml {log}
{verdict}
```
"""


def page() -> Iterator[str]:
    """Yield the parts of the page."""
    yield TOP
    for case in CASES:
        anchor = re.sub(r"[^a-z0-9 -]", "", case.title.lower()).replace(" ", "-")
        yield f"- [{case.title}](#{anchor})\n"
    yield from map(section, CASES)
    yield "\nThe plan of most of these runs:\n"
    yield f"\n```yaml\n{PLAN}{COSINE}```\n"


def test_it_is_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "".join(page())
    hold(PAGE, text, tmp_path, update=request.config.getoption("--update-golden"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_happened_is_what_is_said(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    section(case)
    verdict = package.compare("plan.yaml", f"{case.name}.csv")
    assert verdict.equal == (not case.cause)
    assert [each.name for each in verdict.causes][:1] == [case.cause][: len(case.cause)]
