"""LRV9xx: what only a run shows, of a script that was run (`run:SCRIPT`)."""

from __future__ import annotations

from collections.abc import Iterator

from lrviz.checking.rule import Check, Fault, Severity, rule
from lrviz.checking.subject import Subject
from lrviz.sources import followed


def _seen(fault: followed.Fault) -> Check:
    """Return a check that tells one of the faults that were seen."""

    def check(subject: Subject) -> Iterator[Fault]:
        for each in subject.observed:
            if each.fault == fault:
                severity: Severity | None = None if each.sure else "warning"
                yield Fault(each.message, each.advice, each.place, update=0, severity=severity)

    return check


before_the_optimizer = rule(
    "LRV901",
    "stepped-before-optimizer",
    "warning",
    what="A script calls scheduler.step() before the first optimizer.step().",
    why="The first value of the schedule is never used, and all others come one step early.",
    references=(
        "https://docs.pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate",
        "https://github.com/michuanhaohao/reid-strong-baseline/issues/190",
    ),
)(_seen("before"))

several_times = rule(
    "LRV902",
    "stepped-several-times",
    "warning",
    what="A script calls scheduler.step() several times between two updates.",
    why="The schedule runs that many times too fast: once a batch where several batches make an"
    " update, once a process, or once in the trainer and once more in the script's own loop.",
    references=(
        "https://github.com/huggingface/accelerate/issues/2926",
        "https://github.com/Lightning-AI/pytorch-lightning/issues/1476",
    ),
    makes_pointless=("LRV203", "LRV201"),
)(_seen("often"))

scheduler_never_stepped = rule(
    "LRV903",
    "scheduler-never-stepped",
    "error",
    what="A script builds a scheduler, and never calls its step().",
    why="The learning rate stays at the schedule's first value, which a warmup makes tiny.",
    references=("https://github.com/tumurzakov/AnimateDiff/issues/11",),
    makes_pointless=("LRV102", "LRV202", "LRV208"),
)(_seen("never"))

optimizer_without_scheduler = rule(
    "LRV904",
    "optimizer-without-scheduler",
    "warning",
    what="One of a script's optimizers has no scheduler, beside one that has.",
    why="Its learning rate stays as it is while the other's falls: of a GAN's two, one is in the"
    " end many times faster.",
    references=("https://github.com/open-mmlab/mmgeneration/issues/280",),
)(_seen("unscheduled"))

group_added_late = rule(
    "LRV905",
    "group-added-late",
    "error",
    what="A script adds a param group after its scheduler was built.",
    why="Many schedulers compute from the rates of the groups that they knew when they were built:"
    " the new one, as of layers that are unfrozen later, keeps its learning rate, or stops the"
    " training.",
    references=(
        "https://github.com/pytorch/pytorch/issues/79888",
        "https://github.com/huggingface/transformers/issues/20029",
    ),
    makes_pointless=("LRV601",),
)(_seen("late-group"))

RULES = (
    before_the_optimizer,
    several_times,
    scheduler_never_stepped,
    optimizer_without_scheduler,
    group_added_late,
)
