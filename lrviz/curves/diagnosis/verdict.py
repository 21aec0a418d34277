"""Verdict: what a log says of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cause:
    """What may have happened, and explains every logged value.

    Attributes:
        name: A short name for machines: `early`, `fast`, `length` ...
        sentence: What happened, with this run's numbers.
        advice: What to do, or what would tell it apart from the others; may be empty.
        parameters: Its numbers, by name.
    """

    name: str
    sentence: str
    advice: str = ""
    parameters: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class FirstDifference:
    """The first update (0-based) whose logged value is not the planned one."""

    update: int
    planned: float
    logged: float


@dataclass(frozen=True)
class Verdict:
    """What a log says of a plan.

    Attributes:
        plan: The plan's label.
        log: The log's label.
        values: How many logged values were held against the plan.
        first: The first update that has one.
        last: The last one.
        precision: To which precision, in words.
        param: What they are of: `lr`, or where that is as planned, `momentum` or another quantity.
        rounding: So many of them differ from the plan by rounding alone.
        differs: The first value that is not the plan's; None where all are.
        largest: The largest relative difference, |logged - planned| / max(|logged|, |planned|).
        causes: What explains every value, the simplest first; empty where nothing known does, or
            where the values cannot tell.
        undecided: Why no cause is named though values differ; empty where one is, or none differ.
        notes: What else is to be known: that the run ended early, or how rows were counted.
    """

    plan: str
    log: str
    values: int
    first: int
    last: int
    precision: str
    param: str = "lr"
    rounding: int = 0
    differs: FirstDifference | None = None
    largest: float = 0.0
    causes: tuple[Cause, ...] = ()
    undecided: str = ""
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.log} against {self.plan}: {self.sentence}"

    def _repr_markdown_(self) -> str:
        """Return what a notebook shows."""
        return f"**{self.log} against {self.plan}**: {self.sentence}."

    @property
    def equal(self) -> bool:
        """Every logged value is the plan's, within the log's precision."""
        return self.differs is None

    @property
    def sentence(self) -> str:
        """What happened, in one sentence."""
        if self.differs is None:
            count = (
                "the one logged value is"
                if self.values == 1
                else (f"all {self.values:,} logged values are")
            )
            sentence = f"{count} the plan's, {self.precision}"
            if self.rounding:
                sentence += f" (but for rounding in {self.rounding:,})"
            return sentence
        first = self.differs
        sentence = "; or ".join(cause.sentence for cause in self.causes) or (
            f"update {first.update:,} is the first that differs: the plan says {first.planned!r}, "
            f"the log {first.logged!r}; {self.undecided}"
        )
        if self.param == "lr":
            return sentence
        name = self.param.replace("_", " ")
        return f"the learning rate is the plan's, and the {name} is not: {sentence}"
