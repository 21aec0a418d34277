"""The options that commands share, as frozen dataclasses that a command takes as one parameter."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lrviz.cli.console import listen
from lrviz.errors import UsageError, counted

if TYPE_CHECKING:
    from lrviz.sources.overrides import Overrides

_TRAINING = "Training"
_CONFIGS = "Configs of other frameworks"
_RUNS = "Scripts that are run"
_REPORT = "Messages"


def whole_number(option: str) -> Callable[[str], int]:
    """Return a parser of whole numbers from 1 on, `1e4`, `10_000` and `10k` too, for `option`."""

    def parse(text: str) -> int:
        from lrviz.spec.durations import MOST

        try:
            number = float(counted(text))
        except ValueError:
            number = math.nan
        if not number >= 1 or (math.isfinite(number) and number != int(number)):
            raise UsageError(f"{option} {text}: give a whole number, 1 or more")
        if number > MOST:
            raise UsageError(f"{option} {text}: give a whole number, at most {MOST:,}")
        return int(number)

    return parse


def number(option: str, *, above: float | None = None) -> Callable[[str], float]:
    """Return a parser of finite numbers from 0 on, or of those above `above`, for `option`."""
    words = "a number, 0 or more" if above is None else f"a number above {above:g}"

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        fits = value >= 0 if above is None else value > above
        if value == math.inf:
            raise UsageError(f"{option} {text}: give {words}, and finite")
        if not fits:
            raise UsageError(f"{option} {text}: give {words}")
        return value

    return parse


def complete_source(incomplete: str) -> list[str]:
    """Return what a SOURCE that begins with `incomplete` may be: names, spec files, folders."""
    from lrviz import catalog
    from lrviz.sources.reference import SUFFIXES

    folder, slash, _ = incomplete.rpartition("/")
    base = Path(folder or slash or ".")
    files = sorted(base.iterdir()) if base.is_dir() else []
    shown = [
        f"{folder}{slash}{each.name}{'/' if each.is_dir() else ''}"
        for each in files
        if each.suffix in SUFFIXES or (each.is_dir() and not each.name.startswith("."))
    ]
    return [each for each in (*catalog.names(), *shown) if each.startswith(incomplete)]


def complete_optimizer(incomplete: str) -> list[str]:
    """Return the optimizer classes that begin with `incomplete`."""
    from lrviz import catalog

    return [name for name in catalog.optimizer_names() if name.startswith(incomplete)]


Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE",
        help="A spec file (file.yaml#label picks one), a preset or class (onecycle:pct_start=0.2), "
        "module:function, 'run:SCRIPT ARGS', LABEL=SOURCE, or - for stdin.",
        autocompletion=complete_source,
        show_default=False,
    ),
]


@dataclass(frozen=True)
class Training:
    """What every command that simulates takes: the training, and what is said of it."""

    steps: Annotated[
        int | None,
        typer.Option(
            "--steps",
            parser=whole_number("--steps"),
            metavar="N",
            help="Optimizer updates in all.",
            rich_help_panel=_TRAINING,
        ),
    ] = None
    epochs: Annotated[
        float | None,
        typer.Option(
            "--epochs",
            parser=number("--epochs", above=0),
            metavar="N",
            help="Epochs in all; may be fractional.",
            rich_help_panel=_TRAINING,
        ),
    ] = None
    steps_per_epoch: Annotated[
        int | None,
        typer.Option(
            "--steps-per-epoch",
            parser=whole_number("--steps-per-epoch"),
            metavar="N",
            help="Updates an epoch.",
            rich_help_panel=_TRAINING,
        ),
    ] = None
    start: Annotated[
        int | None,
        typer.Option(
            "--start",
            parser=whole_number("--start"),
            metavar="N",
            help="Resume at update N; SOURCE@resume=no-scheduler, no-optimizer, nothing, "
            "optimizer-first or planned:UPDATES is what that gives where it is done wrong.",
            rich_help_panel=_TRAINING,
        ),
    ] = None
    framework: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="NAME[@VERSION]",
            help="Whose config the files are, where that is not clear: hf@4.51, axolotl, timm.",
            rich_help_panel=_CONFIGS,
        ),
    ] = None
    dataset_size: Annotated[
        int | None,
        typer.Option(
            "--dataset-size",
            parser=whole_number("--dataset-size"),
            metavar="N",
            help="Samples of the training set.",
            rich_help_panel=_CONFIGS,
        ),
    ] = None
    world_size: Annotated[
        int | None,
        typer.Option(
            "--world-size",
            parser=whole_number("--world-size"),
            metavar="N",
            help="Processes that train on data of their own.",
            rich_help_panel=_CONFIGS,
        ),
    ] = None
    metric: Annotated[
        str | None,
        typer.Option(
            "--metric",
            metavar="FILE:COLUMN",
            help="What a plateau scheduler of a config, or of a function, sees.",
            rich_help_panel=_CONFIGS,
        ),
    ] = None
    lr: Annotated[
        float | None,
        typer.Option(
            "--lr",
            parser=number("--lr"),
            metavar="LR",
            help="The optimizer's learning rate; param groups scale with it.",
            rich_help_panel=_TRAINING,
        ),
    ] = None
    optimizer: Annotated[
        str | None,
        typer.Option(
            "--optimizer",
            metavar="CLASS",
            help="A class of torch.optim.",
            autocompletion=complete_optimizer,
            rich_help_panel=_TRAINING,
        ),
    ] = None
    interval: Annotated[
        Literal["step", "epoch", "fraction"] | None,
        typer.Option(
            "--interval",
            help="When a scheduler's step() is called, where the spec does not say; fraction: "
            "step(epoch + i / iters) after each update.",
            rich_help_panel=_TRAINING,
        ),
    ] = None
    after: Annotated[
        int | None,
        typer.Option(
            "--after",
            parser=whole_number("--after"),
            metavar="N",
            help="Updates of a run:SCRIPT that are looked at; 3 where not said.",
            rich_help_panel=_RUNS,
        ),
    ] = None
    timeout: Annotated[
        float | None,
        typer.Option(
            parser=number("--timeout", above=0),
            metavar="SECONDS",
            help="Seconds that it has for them; 300 where not said.",
            rich_help_panel=_RUNS,
        ),
    ] = None
    sets: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY.PATH=VALUE",
            help="Set a value in every spec, e.g. scheduler.gamma=0.5; may be repeated.",
            rich_help_panel=_TRAINING,
        ),
    ] = None
    trust: Annotated[
        bool,
        typer.Option(
            "--trust",
            help="Import whatever dotted paths a spec names: runs their code.",
            rich_help_panel=_TRAINING,
        ),
    ] = False
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Go on with more than 100 million updates.",
            rich_help_panel=_TRAINING,
        ),
    ] = False
    quiet: Annotated[
        bool,
        typer.Option(
            "-q",
            "--quiet",
            callback=listen,
            help="Nothing on stderr but errors.",
            rich_help_panel=_REPORT,
        ),
    ] = False
    verbose: Annotated[
        bool,
        typer.Option(
            "-v",
            "--verbose",
            help="Say what is simulated; show tracebacks of your own code.",
            rich_help_panel=_REPORT,
        ),
    ] = False

    def overrides(self) -> Overrides:
        """Return what the command line says for every schedule."""
        from lrviz.sources.overrides import Overrides

        return Overrides(
            steps=self.steps,
            epochs=self.epochs,
            steps_per_epoch=self.steps_per_epoch,
            start=self.start,
            lr=self.lr,
            optimizer=self.optimizer,
            interval=self.interval,
            sets=tuple(self.sets or ()),
            trust=self.trust,
            force=self.force,
            framework=self.framework,
            dataset_size=self.dataset_size,
            world_size=self.world_size,
            metric=self.metric,
            after=self.after,
            timeout=self.timeout,
        )


NoCache = Annotated[
    bool,
    typer.Option(
        "--no-cache",
        help="Simulate also what was simulated before, and keep nothing (see lrviz cache).",
        rich_help_panel=_REPORT,
    ),
]


@dataclass(frozen=True)
class Shared(Training):
    """What `plot`, `compare` and `table` have in common."""

    log_x: Annotated[
        str | None,
        typer.Option(
            "--log-x",
            metavar="COLUMN",
            help="The column of a log that numbers its rows, where its name does not tell.",
            rich_help_panel=_TRAINING,
        ),
    ] = None

    no_cache: NoCache = False

    param: Annotated[
        str | None,
        typer.Option(
            "--param",
            metavar="NAME",
            help="Show this quantity only: lr, momentum, weight_decay, ...",
            autocompletion=lambda: ["lr", "momentum", "weight_decay"],
        ),
    ] = None

    def overrides(self) -> Overrides:
        """Return what the command line says for every schedule and log."""
        return replace(super().overrides(), x=self.log_x)


def required(sources: Sequence[str] | None, command: str) -> tuple[str, ...]:
    """Return the SOURCEs of a command line.

    Raises:
        UsageError: There is none.
    """
    if not sources:
        raise UsageError(
            f"{command} needs a SOURCE: a spec file, a preset or a torch class, "
            f"e.g. lrviz {command} cosine (`lrviz list` shows what there is)"
        )
    return tuple(sources)
